"""One door for all files of a run."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hengtan.problems import HengtanError

from .aliases import Aliases, read_aliases
from .faults import Faults, Place
from .sniff import kind_of, named_otherwise
from .source import Intake, Operation, Reference, Source


def read(
    paths: Sequence[str | Path], *, template: str | Path | None = None, aliases: str | Path | None = None
) -> Intake:
    """Reads files into tables of activities.

    template  name of a shipped template or path of one, for sheets of a foreign form
    aliases   the company's own names (``aliases.py``)

    Raises HengtanError with all that makes a file unreadable as a whole: missing, empty, encrypted, truncated, of
    another kind, without the required columns, without rows. What is wrong in single cells is a problem in the result.
    """
    known = read_aliases(Path(aliases), str(aliases)) if aliases is not None else Aliases()
    faults, held = Faults(), list[tempfile.TemporaryDirectory[str]]()
    sources: list[Source] = []
    references: list[Reference] = []
    fatal = []

    def scratch() -> tempfile.TemporaryDirectory[str]:
        if not held:
            held.append(tempfile.TemporaryDirectory(prefix="hengtan-"))
        return held[0]

    form = None
    if template is not None:
        from .template import load_template  # noqa: PLC0415  (needed by few runs)

        form = load_template(template)
    for given in paths:
        path, file = Path(given), str(given)
        try:
            kind = kind_of(path, file)
            if form is not None:
                from .wide import read_wide  # noqa: PLC0415

                source, reference = read_wide(path, file, kind, form, aliases=known, faults=faults)
                sources.append(source)
                references += [reference] if reference is not None else []
            elif kind == "csv":
                from .csv_file import read_csv  # noqa: PLC0415  (each kind of file loads its own library)

                sources.append(read_csv(path, file, known, faults, scratch))
            elif kind == "parquet":
                from .parquet_file import read_parquet  # noqa: PLC0415

                sources.append(read_parquet(path, file, known, faults, scratch))
            else:
                from .spreadsheet import read_spreadsheet  # noqa: PLC0415

                sources += read_spreadsheet(path, file, kind, known, faults)
            if named_otherwise(path, kind):
                faults.add("file.extension", Place(file), values={"kind": kind, "suffix": path.suffix})
        except HengtanError as error:
            fatal += error.problems
    if fatal:
        for folder in held:
            folder.cleanup()
        raise HengtanError(fatal)
    return Intake(tuple(sources), tuple(faults.listed), _together(references), dict(faults.unlisted))


def _together(references: list[Reference]) -> Reference | None:
    if len(references) < 2:
        return references[0] if references else None
    operations, activities = list[Operation](), dict[str, int]()
    for reference in references:
        activities |= {name: at + len(operations) for name, at in reference.activities.items()}
        operations += reference.operations
    first = references[0]
    total = sum((reference.total_kg for reference in references), start=first.total_kg * 0)
    return Reference(first.title, tuple(operations), activities, total, first.tolerance_pct)
