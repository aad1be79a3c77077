"""What a person names on the command line of the ledger: a file to read, or a verifier key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hengtan.ledger import Verifier


def read(path: Path) -> bytes:
    """The bytes of a file. Raises HengtanError ``file.missing``, ``ledger.unreadable``."""
    from hengtan.problems import HengtanError, Problem

    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise HengtanError(Problem("file.missing", file=str(path))) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = getattr(error, "strerror", None) or str(error)
        raise HengtanError(Problem("ledger.unreadable", file=str(path), values={"why": why})) from None


def verifier(given: str) -> Verifier:
    """A verifier key, or that of the file with this name. Raises as ``read``, and Refused for a key that is none."""
    from hengtan.ledger import Refused, parse_vkey

    if "+" in given and not _is_file(given):
        return parse_vkey(given)
    try:
        return parse_vkey(read(Path(given)).decode("utf-8", "replace"))
    except Refused as refused:
        raise refused.at(given) from None


def _is_file(given: str) -> bool:
    try:
        return Path(given).is_file()
    except OSError:  # a key longer than a file name may be, or behind a closed folder
        return False
