"""Fetches the style sheet, script, fonts and icons of the web application into the package, each with its version and licence.

    .venv/bin/python scripts/vendor_web.py         # needs npm; who installs hengtan needs neither

Icons become one file of symbols: only those that are named in ``ICONS``; a test says when a template names another.
"""

import io
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

WEB = Path(__file__).resolve().parent.parent / "src/hengtan/web/shell/static/hengtan"
PACKAGES = {
    "@tabler/core": ("1.6.1", {"dist/css/tabler.min.css": "vendor/tabler.min.css"}),
    "htmx.org": ("2.0.11", {"dist/htmx.min.js": "vendor/htmx.min.js", "LICENSE": "vendor/htmx.LICENSE"}),
    "@fontsource-variable/inter": (
        "5.3.0",
        {"files/inter-latin-wght-normal.woff2": "vendor/inter.woff2", "LICENSE": "vendor/inter.LICENSE"},
    ),
    "@fontsource-variable/jetbrains-mono": (
        "5.3.0",
        {
            "files/jetbrains-mono-latin-wght-normal.woff2": "vendor/jetbrains-mono.woff2",
            "LICENSE": "vendor/jetbrains-mono.LICENSE",
        },
    ),
    "echarts": (
        "6.1.0",
        {
            "dist/echarts.min.js": "vendor/echarts.min.js",
            "LICENSE": "vendor/echarts.LICENSE",
            "NOTICE": "vendor/echarts.NOTICE",
        },
    ),
    "world-atlas": ("2.0.2", {"land-50m.json": "vendor/land.json", "LICENSE": "vendor/land.LICENSE"}),
    "@tabler/icons": ("3.49.0", {"LICENSE": "vendor/tabler.LICENSE"}),
}
ICONS = [
    "alert-triangle",
    "arrow-left",
    "arrow-right",
    "bell",
    "building",
    "building-factory-2",
    "calendar",
    "check",
    "chevron-down",
    "chevron-right",
    "circle-check",
    "circle-dashed",
    "clock",
    "dots",
    "edit",
    "hierarchy-2",
    "home",
    "key",
    "language",
    "lock",
    "logout",
    "mail",
    "map-pin",
    "menu-2",
    "moon",
    "pencil",
    "plus",
    "refresh",
    "rosette-discount-check",
    "ruler-2",
    "search",
    "selector",
    "send",
    "settings",
    "shield-check",
    "sun",
    "trash",
    "user",
    "user-plus",
    "users",
    "users-group",
    "x",
    "world",
    "chart-bar",
    "history",
    "layout-dashboard",
    "download",
    "arrows-diff",
    "math-function",
    "table",
    "table-import",
    "upload",
    "file-spreadsheet",
    "file-text",
    "paperclip",
    "arrow-back-up",
    "star",
    "player-play",
    "equal",
    "book-2",
    "git-commit",
    "calculator",
    "plus-minus",
    "copy",
    "eye",
    "database",
    "minus",
    "calendar-check",
    "writing-sign",
    "fingerprint",
    "link",
    "table-options",
    "bolt",
    "flame",
]


def fetched(name: str, version: str, folder: Path) -> tarfile.TarFile:
    """The package as npm packs it."""
    told = subprocess.run(
        ["npm", "pack", f"{name}@{version}", "--json"], cwd=folder, capture_output=True, check=True, text=True
    )
    return tarfile.open(fileobj=io.BytesIO((folder / json.loads(told.stdout)[0]["filename"]).read_bytes()))


def land(topology: bytes) -> bytes:
    """Coasts as GeoJSON, to a tenth of a degree: without any border (docs/decisions/0021-map.md)."""
    told = json.loads(topology)
    (sx, sy), (tx, ty) = told["transform"]["scale"], told["transform"]["translate"]
    arcs = []
    for arc in told["arcs"]:
        x = y = 0
        arcs.append([((x := x + dx) * sx + tx, (y := y + dy) * sy + ty) for dx, dy in arc])

    def ring(numbers: list[int]) -> list[list[float]]:
        found: list[list[float]] = []
        for number in numbers:
            for lon, lat in arcs[number] if number >= 0 else reversed(arcs[~number]):
                point = [round(lon, 1), round(lat, 1)]
                if not found or found[-1] != point:
                    found.append(point)
        return found

    parts = []
    for each in told["objects"]["land"]["geometries"]:
        for polygon in each["arcs"] if each["type"] == "MultiPolygon" else [each["arcs"]]:
            rings = [points for points in map(ring, polygon) if len(points) > 3]
            parts += [rings] if rings else []
    geometry = {"type": "MultiPolygon", "coordinates": parts}
    feature = {"type": "Feature", "properties": {"name": "land"}, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}, separators=(",", ":")).encode()


def symbol(name: str, svg: str) -> str:
    """One icon as a symbol."""
    inner = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.S)
    assert inner, name
    paths = re.sub(r"\s+", " ", re.sub(r"<path stroke=\"none\"[^>]*/>", "", inner.group(1))).strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">{paths}</symbol>'


def main() -> None:
    """All of it."""
    with tempfile.TemporaryDirectory() as folder:
        for name, (version, files) in PACKAGES.items():
            with fetched(name, version, Path(folder)) as packed:
                for inside, ours in files.items():
                    data = packed.extractfile(f"package/{inside}")
                    assert data is not None, inside
                    if inside == "land-50m.json":
                        (WEB / ours).write_bytes(land(data.read()) + b"\n")
                        continue
                    text = re.sub(rb"/\*# sourceMappingURL=.*?\*/|//# sourceMappingURL=\S+", b"", data.read())
                    (WEB / ours).parent.mkdir(parents=True, exist_ok=True)
                    (WEB / ours).write_bytes(text.strip() + b"\n" if not ours.endswith(".woff2") else text)
                if name == "@tabler/icons":
                    symbols = []
                    for icon in sorted(ICONS):
                        data = packed.extractfile(f"package/icons/outline/{icon}.svg")
                        assert data is not None, icon
                        symbols.append(symbol(icon, data.read().decode()))
                    (WEB / "icons.svg").write_text(
                        '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n", "utf-8"
                    )
    lines = [f"- {name} {version}" for name, (version, _) in PACKAGES.items()]
    (WEB / "vendor/README.md").write_text(
        "# Files of others\n\nWritten by `scripts/vendor_web.py`; unchanged but for links to source maps. Licences stand beside them.\n\n"
        + "\n".join(lines)
        + "\n\nTabler and its icons: MIT. htmx: 0BSD. Apache ECharts: Apache-2.0. Inter and JetBrains Mono: SIL Open Font License 1.1. Coasts: Natural Earth (public domain) by world-atlas (ISC), made GeoJSON. `../icons.svg` is cut from Tabler icons.\n",
        "utf-8",
    )


if __name__ == "__main__":
    main()
