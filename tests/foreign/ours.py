"""``hengtan verify`` as a judge, run in this process."""

import contextlib
import io
from pathlib import Path

from hengtan.cli import main


def verify(*arguments: object) -> tuple[int, str]:
    """Exit code, and all that was said."""
    said = io.StringIO()
    code = 0
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            main(["verify", *map(str, arguments)])
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return code, said.getvalue()


def accepts(folder: Path, vkey: object, since: Path | None = None) -> bool:
    """The verdict: exit 0 or 3, nothing else, and no traceback."""
    code, said = verify(folder, "--vkey", vkey, *(["--since", since] if since else []))
    assert code in (0, 3), said
    assert "Traceback" not in said and "Internal fault" not in said, said
    return code == 0
