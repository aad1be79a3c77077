"""The house has floors, and imports only go down."""

import subprocess

from .house import BIN, ROOT


def test_imports_only_go_down():
    told = subprocess.run([BIN / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr


def test_architecture_names_every_package():
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    packages = [path.parent.name for path in (ROOT / "src/hengtan").glob("*/__init__.py")]
    assert [name for name in packages if f"`{name}`" not in text] == []
