"""The one exception for evidence that does not hold: a malformed note, a wrong proof, a bad signature (exit 3)."""

from __future__ import annotations

from hengtan.problems import Problem


class Refused(Exception):  # noqa: N818 - a verdict, as "the proof was refused"
    """What was given as evidence and is refused, with the reason.

    code    a code of the catalogue, for example ``proof.length``; the sentences in both languages hang on it
    file    which file it stands in, as the person named it; empty where only the caller knows
    values  what the sentences fill in, as text; long or unprintable parts of hostile input are cut and escaped
    """

    def __init__(self, code: str, *, file: str = "", **values: object) -> None:
        self.code = code
        self.file = file
        self.values = {name: shown(value) for name, value in values.items()}
        super().__init__(code)

    @property
    def problem(self) -> Problem:
        """The same as a value that speaks Chinese and English."""
        return Problem(self.code, file=self.file, values=self.values)

    def at(self, file: str) -> Refused:
        """The same refusal, naming the file; one that already names a file keeps it."""
        if not self.file:
            self.file = file
        return self

    def __str__(self) -> str:
        return self.problem.sentence()


def shown(value: object, longest: int = 120) -> str:
    """The value as text that is safe to print on a terminal: no control characters, at most 120 characters."""
    if isinstance(value, bytes):
        value = value[: longest + 1].decode("utf-8", "backslashreplace")
    text = str(value)
    cut = text[:longest] + ("…" if len(text) > longest else "")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)
