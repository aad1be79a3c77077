"""Build the three fonts of the PDF report from the npm package ``@fontsource/noto-sans-sc`` 5.3.0.

    npm pack @fontsource/noto-sans-sc@5.3.0 && tar xzf fontsource-noto-sans-sc-5.3.0.tgz
    python scripts/build_report_fonts.py package src/hengtan/reports/fonts [DejaVuSansMono.ttf]

Needs ``fonttools`` and ``brotli`` (not dependencies of hengtan: the result lies in the repository).

The package cuts Noto Sans SC into slices. ``chinese-simplified`` (7,946 characters) becomes the regular and the bold
face; what only the other slices hold (traditional and rare characters, Cyrillic, Vietnamese, symbols: 5,700)
becomes one fallback face in regular weight. The subscripts 0 to 9, which Noto Sans SC lacks, are made from the
digits of the same face, so that CO2 can be set properly. Quotes, ellipsis and middle dot are as wide as a Chinese character there;
a tiny face per weight (``Latin``) holds them in Latin width for English text. Layout tables, hinting and vertical metrics go, because the report
needs none of them. ``coverage.txt`` lists every character that the report can draw: ours and, with the third
argument, those of DejaVu Sans Mono, which typst brings along.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

FAMILY = "Hengtan Sans SC"
VERSION = "5.3.0"
COPYRIGHT = (
    "(c) 2014-2021 Adobe (http://www.adobe.com/), with Reserved Font Name 'Source'. Subset and merged for hengtan."
)
OFL = "This Font Software is licensed under the SIL Open Font License, Version 1.1."
PUNCTUATION = "“”‘’…·•"
WEIGHTS = {"Regular": 400, "Bold": 700}


def slices(package: Path, weight: int) -> list[TTFont]:
    """Every slice of one weight, ``chinese-simplified`` first."""
    paths = sorted(package.glob(f"files/noto-sans-sc-*-{weight}-normal.woff2"))
    return [TTFont(path) for path in sorted(paths, key=lambda p: "chinese-simplified" not in p.name)]


def face(fonts: list[TTFont], skip: set[int], family: str, style: str, weight: int, *, subscripts: bool) -> FontBuilder:
    """One face with the characters of ``fonts`` that are not in ``skip``; the first font that has one gives it."""
    first = fonts[0]
    glyphs = {".notdef": first["glyf"][".notdef"]}
    metrics = {".notdef": first["hmtx"][".notdef"]}
    cmap: dict[int, str] = {}
    for font in fonts:
        glyph_set = font.getGlyphSet()
        for char, name in sorted(font.getBestCmap().items()):
            if char in skip or char in cmap:
                continue
            pen = TTGlyphPen(None)
            glyph_set[name].draw(pen)  # drawn anew: composites are flattened, hints are left behind
            cmap[char] = f"u{char:04X}"
            glyphs[cmap[char]] = pen.glyph()
            metrics[cmap[char]] = font["hmtx"][name]
    if subscripts:
        for digit in range(10):
            pen = TTGlyphPen(None)
            name = first.getBestCmap()[0x30 + digit]
            first.getGlyphSet()[name].draw(TransformPen(pen, (0.6, 0, 0, 0.6, 12, -130)))
            cmap[0x2080 + digit] = f"u{0x2080 + digit:04X}"
            glyphs[cmap[0x2080 + digit]] = pen.glyph()
            metrics[cmap[0x2080 + digit]] = (round(0.6 * 555 + 24), 0)
    builder = FontBuilder(first["head"].unitsPerEm, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap(cmap)
    builder.setupGlyf(glyphs)
    table = builder.font["glyf"]
    builder.setupHorizontalMetrics(
        {
            name: (width, getattr(table[name], "xMin", 0) if table[name].numberOfContours else 0)
            for name, (width, _) in metrics.items()
        }
    )
    hhea, os2 = first["hhea"], first["OS/2"]
    builder.setupHorizontalHeader(ascent=hhea.ascent, descent=hhea.descent, lineGap=hhea.lineGap)
    builder.setupOS2(
        usWeightClass=weight,
        sTypoAscender=os2.sTypoAscender,
        sTypoDescender=os2.sTypoDescender,
        sTypoLineGap=os2.sTypoLineGap,
        usWinAscent=os2.usWinAscent,
        usWinDescent=os2.usWinDescent,
        sCapHeight=os2.sCapHeight,
        sxHeight=os2.sxHeight,
        fsSelection=0x20 if weight == 700 else 0x40,
        achVendID="NONE",
        fsType=0,
    )
    builder.setupNameTable(
        {
            "copyright": COPYRIGHT,
            "familyName": family,
            "styleName": style,
            "fullName": f"{family} {style}",
            "psName": f"{family.replace(' ', '')}-{style}",
            "uniqueFontIdentifier": f"{family} {style} {VERSION}",
            "version": f"Version {VERSION}",
            "licenseDescription": OFL,
            "licenseInfoURL": "https://openfontlicense.org",
        }
    )
    builder.setupPost(keepGlyphNames=False)
    builder.font["head"].created = builder.font["head"].modified = first["head"].created
    builder.font.recalcTimestamp = False
    if weight == 700:
        builder.font["head"].macStyle = 1
    return builder


def latin(font: TTFont, style: str, weight: int) -> FontBuilder:
    """Quotes, ellipsis and dots of the face with Latin widths; the ellipsis moves down to the baseline."""
    built = face(
        [font],
        set(font.getBestCmap()) - {ord(c) for c in PUNCTUATION},
        FAMILY + " Latin",
        style,
        weight,
        subscripts=False,
    )
    glyphs, metrics, cmap = built.font["glyf"], built.font["hmtx"], built.font.getBestCmap()
    for char in PUNCTUATION:
        glyph = glyphs[cmap[ord(char)]]
        side = 60 if char in "“”‘’…" else 85
        glyph.coordinates.translate((side - glyph.xMin, -glyph.yMin - 13 if char == "…" else 0))
        glyph.recalcBounds(glyphs)
        metrics[cmap[ord(char)]] = (glyph.xMax + side, glyph.xMin)
    return built


def ranges(characters: set[int]) -> str:
    """``0020-007E`` lines: the characters as runs."""
    lines: list[str] = []
    start = last = -1
    for char in [*sorted(characters), 0x110000]:
        if char == last + 1:
            last = char
            continue
        if start >= 0:
            lines.append(f"{start:04X}-{last:04X}")
        start = last = char
    return "\n".join(lines) + "\n"


def main(package: Path, out: Path, mono: Path | None) -> None:
    """Write the faces, their coverage and the licence."""
    covered: set[int] = set()
    for style, weight in WEIGHTS.items():
        fonts = slices(package, weight)
        built = face(fonts[:1], set(), FAMILY, style, weight, subscripts=True)
        built.save(out / f"HengtanSansSC-{style}.ttf")
        covered |= set(built.font.getBestCmap())
        latin(fonts[0], style, weight).save(out / f"HengtanSansSCLatin-{style}.ttf")
    rest = face(slices(package, 400), covered, FAMILY + " Rare", "Regular", 400, subscripts=False)
    rest.save(out / "HengtanSansSCRare-Regular.ttf")
    covered |= set(rest.font.getBestCmap())
    if mono is not None:
        covered |= {c for c in TTFont(mono).getBestCmap() if c >= 0xA0 and not 0xE000 <= c < 0xF900}
    covered -= {
        c
        for c in covered
        if c < 0x20
        or 0x7F <= c < 0xA0
        or 0x200B <= c <= 0x200F
        or 0x2028 <= c <= 0x202E
        or 0x2060 <= c <= 0x206F
        or c in (0xAD, 0xFEFF)
    }
    (out / "coverage.txt").write_text(ranges(covered), "ascii")
    (out / "OFL.txt").write_text((package / "LICENSE").read_text("utf-8"), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
