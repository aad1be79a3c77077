"""Pictures of the main pages for the documentation, taken from the demo in both languages: ``docs/images/*.png``.

.venv/bin/python scripts/screenshots.py                # all; needs chromium (requirements/debian.txt) and Playwright
.venv/bin/python scripts/screenshots.py dashboard      # some

"""

import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs/images"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SIZE, PHONE = (1440, 900), (390, 844)
EXPLAINED = "runs/1/explain/?id=TOR18-1190-L"
PAGES = {  # name: (organisation of the demo, address below it, size, scheme)
    "dashboard": (0, "runs/1/", SIZE, "light"),
    "dashboard-dark": (0, "runs/1/", SIZE, "dark"),
    "dashboard-phone": (0, "runs/1/", PHONE, "light"),
    "explained": (0, EXPLAINED, SIZE, "light"),
    "runs": (0, "runs/", SIZE, "light"),
    "compare": (1, "runs/3/compare/", SIZE, "light"),
    "activity-data": (0, "data/", SIZE, "light"),
    "gap-calendar": (0, "data/calendar/", SIZE, "light"),
    "facilities": (0, "facilities/", SIZE, "light"),
    "people": (0, "people/", SIZE, "light"),
}


def main(names: list[str]) -> None:
    """The demo is served from a folder that goes away."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="hengtan-pictures-") as folder:
        log = Path(folder) / "log"
        command = [
            Path(sys.executable).parent / "hengtan",
            "serve",
            "--demo",
            "--data",
            f"{folder}/data",
            "--port",
            str(port),
        ]
        with log.open("wb") as out:
            server = subprocess.Popen(command, stdout=out, stderr=out)
        try:
            told = ready(server, log, port)
            with sync_playwright() as play:
                browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                for lang in ("en", "zh"):
                    take(browser, f"http://localhost:{port}", told, lang, names)
                browser.close()
        finally:
            server.terminate()
            server.wait(20)


def ready(server: "subprocess.Popen[bytes]", log: Path, port: int) -> str:
    """What the server has printed when it answers."""
    for _ in range(1800):
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return log.read_text()
        except OSError:
            time.sleep(0.2)
    raise SystemExit(log.read_text())


def take(browser: Browser, address: str, told: str, lang: str, names: list[str]) -> None:
    """All pages in one language."""
    password = re.findall(r"password\s+(\S+)", told)[-1]
    for name in names:
        which, path, (width, height), scheme = PAGES[name]
        context = browser.new_context(
            locale={"en": "en-GB", "zh": "zh-CN"}[lang],
            viewport={"width": width, "height": height},
            color_scheme=scheme,
        )
        page = context.new_page()
        page.goto(f"{address}/account/login/")
        page.fill("[name=login]", "lin@demo.example")
        page.fill("[name=password]", password)
        page.click("main .btn-primary")
        page.goto(f"{address}/more/")
        if page.get_attribute("html", "lang") != {"en": "en", "zh": "zh-hans"}[lang]:
            page.click("main button[name=language]")
        if page.get_attribute("html", "data-bs-theme") != scheme:
            page.goto(f"{address}/more/")
            page.click("main button[name=theme]")
        page.goto(f"{address}/more/")
        first = page.locator("[href^='/o/'][href$='/inventory/']").first.get_attribute("href")
        base = str(first).removesuffix("inventory/")
        if which:
            base = str(page.locator("main a[href^='/o/']").filter(has_text="Ningbo").first.get_attribute("href"))
        page.goto(f"{address}{base}{path}")
        page.wait_for_timeout(700)
        page.screenshot(path=IMAGES / f"{name}-{lang}.png", full_page="phone" not in name, type="png")
        packed(IMAGES / f"{name}-{lang}.png")
        print(f"{name}-{lang}.png", page.title(), flush=True)
        context.close()


def packed(path: Path) -> None:
    """128 colours are enough for pages; a quarter of the bytes."""
    picture = Image.open(path).convert("RGB").quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1:] or list(PAGES))
