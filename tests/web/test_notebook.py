"""The notebook of the examples runs as it stands, against a real server."""

import os

import nbclient
import nbformat
import pytest

from house.house import BIN, ROOT

from .test_client import site  # noqa: F401  the same server, made anew

BOOK = ROOT / "examples/client/client.ipynb"


def test_every_text_of_the_notebook_is_there_in_both_languages_and_no_output_is_kept():
    book = nbformat.read(BOOK, as_version=4)
    nbformat.validate(book)
    for cell in book.cells:
        if cell.cell_type == "markdown":
            assert any("\u4e00" <= sign <= "\u9fff" for sign in cell.source), cell.source
            assert any(sign.isascii() and sign.isalpha() for sign in cell.source)
        else:
            assert cell.outputs == [] and cell.execution_count is None


@pytest.mark.long  # what it calls is tried in test_client.py
def test_the_notebook_runs_from_the_first_cell_to_the_last(site, tmp_path, monkeypatch):  # noqa: F811
    address, owner, approver = site
    monkeypatch.setenv("HENGTAN_URL", address)
    monkeypatch.setenv("HENGTAN_TOKEN", owner)
    monkeypatch.setenv("HENGTAN_APPROVER_TOKEN", approver)
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "jupyter"))
    book = nbformat.read(BOOK, as_version=4)
    nbclient.NotebookClient(
        book, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    shown = "\n".join(
        str(out.get("text", "")) for cell in book.cells if cell.cell_type == "code" for out in cell.outputs
    )
    assert "24 rows wait for approval 1 was refused" in shown
    assert "unit.unknown" in shown
    assert "Nobody approves what they entered themselves" in shown
    assert owner not in str(book.cells)
