"""The exception for an object, a pack or a book that is not what it should be. Evidence that does not hold: exit 3."""

from __future__ import annotations

from hengtan.problems import HengtanError, Problem


class FactRefused(HengtanError):  # noqa: N818 - a verdict, as "the object was refused"
    """An object that is damaged or missing, a book with a hole, a manifest that contradicts its book.

    ``problems[0].file`` names the object, or the file of the book. Storage that cannot be read or written at all is a plain
    HengtanError.
    """

    def __init__(self, code: str, *, file: str = "", **values: object) -> None:
        super().__init__(Problem(code, file=file, values={name: shown(value) for name, value in values.items()}))

    @property
    def problem(self) -> Problem:
        """The one problem."""
        return self.problems[0]


def failed(code: str, error: BaseException, file: str) -> HengtanError:
    """Storage that does not do what was asked; ``why`` is what the system says."""
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return HengtanError(Problem(code, file=file, values={"why": shown(why)}))


def shown(value: object, longest: int = 200) -> str:
    """The value as text that is safe to print on a terminal: no control characters, cut when long."""
    text = str(value)
    cut = text[:longest] + ("…" if len(text) > longest else "")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)
