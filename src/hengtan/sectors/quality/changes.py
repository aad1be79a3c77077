"""What differs between two versions of a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .form import Plan


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. section: entity, boundary, facilities, lines, management; of: the facility or (place, parameter) it is about;
    field: "" where the whole was added or taken away; before, after: "" where it was not there."""

    section: str
    of: tuple[str, str]
    field: str
    before: str
    after: str


def changes(old: Plan, new: Plan) -> list[Change]:
    """Old beside new, in the order of the form."""
    return [
        *_texts("entity", old.entity, new.entity),
        *_texts("boundary", {"boundary": old.boundary}, {"boundary": new.boundary}),
        *_rows("facilities", {(each.name, ""): asdict(each) for each in old.facilities}, {(each.name, ""): asdict(each) for each in new.facilities}),
        *_rows("lines", {(each.where, each.parameter): asdict(each) for each in old.lines}, {(each.where, each.parameter): asdict(each) for each in new.lines}),
        *_texts("management", old.management, new.management),
    ]  # fmt: skip


def _texts(section: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        if old.get(name, "") != new.get(name, ""):
            yield Change(section, ("", ""), name, old.get(name, ""), new.get(name, ""))


def _rows(
    section: str, old: Mapping[tuple[str, str], Mapping[str, Any]], new: Mapping[tuple[str, str], Mapping[str, Any]]
) -> Iterator[Change]:
    for key in dict.fromkeys([*old, *new]):
        if key not in new:
            yield Change(section, key, "", _whole(old[key]), "")
        elif key not in old:
            yield Change(section, key, "", "", _whole(new[key]))
        else:
            for name, before in old[key].items():
                if before != new[key][name]:
                    yield Change(section, key, name, before, new[key][name])


def _whole(row: Mapping[str, Any]) -> str:
    return "; ".join(
        str(text) for name, text in row.items() if text and name not in ("process", "unit_name", "parameter")
    )
