"""Walks a YAML file against the keys that a template may have, and says line by line what does not fit."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from hengtan.problems import HengtanError, Problem


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of the file: where it stands and what it holds (text, list or mapping of entries)."""

    path: str
    line: int
    held: str | list[Entry] | dict[str, Entry] | None


class Form:
    """A file being read; collects problems and raises them together in ``finish``."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        try:
            node = yaml.compose(text, Loader=yaml.CSafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            why = str(getattr(error, "problem", "") or error).splitlines()[0]
            raise HengtanError(
                Problem("template.syntax", file, row=mark.line + 1 if mark else None, values={"why": why})
            ) from None
        self.root = self._entry(node, "") if node is not None else Entry("", 1, None)

    def _entry(self, node: Any, path: str, depth: int = 0) -> Entry:
        line = node.start_mark.line + 1
        if depth > 12:
            raise HengtanError(Problem("template.syntax", self.file, row=line, values={"why": "nested too deep"}))
        if isinstance(node, yaml.ScalarNode):
            empty = node.tag.endswith(":null")
            return Entry(path, line, None if empty else str(node.value))
        if isinstance(node, yaml.SequenceNode):
            items = [self._entry(item, f"{path}[{at}]", depth + 1) for at, item in enumerate(node.value, 1)]
            return Entry(path, line, items)
        entries: dict[str, Entry] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            inner = f"{path}.{name}" if path else name
            if name in entries:
                self.wrong("template.key-twice", entries[name], key=inner)
            entries[name] = self._entry(value, inner, depth + 1)
        return Entry(path, line, entries)

    def wrong(self, code: str, entry: Entry, **values: str) -> None:
        """Notes a problem at an entry."""
        values.setdefault("key", entry.path or "-")
        self.problems.append(Problem(code, self.file, row=entry.line, values=values))

    def value(self, entry: Entry, wanted: str) -> None:
        """Notes that an entry holds something else than ``wanted``."""
        held = entry.held
        given = held if isinstance(held, str) else "-" if held is None else type(held).__name__
        self.wrong("template.value", entry, value=given[:80], wanted=wanted)

    def mapping(
        self, entry: Entry, required: Iterable[str] = (), optional: Iterable[str] | None = ()
    ) -> Mapping[str, Entry]:
        """The entries of a mapping; unknown keys (unless ``optional`` is None: any) and missing ones are problems."""
        if not isinstance(entry.held, dict):
            self.value(entry, "key: value")
            return {}
        required = list(required)
        for key in required:
            if key not in entry.held:
                self.wrong("template.key-missing", entry, missing=key)
        if optional is not None:
            known = [*required, *optional]
            for key, held in entry.held.items():
                if key not in known:
                    near = difflib.get_close_matches(key, known, 1)
                    self.wrong("template.key-unknown", held, near=near[0] if near else "-", known=", ".join(known))
        return entry.held

    def items(self, entry: Entry | None) -> list[Entry]:
        """The entries of a list; none when it is absent."""
        if entry is None:
            return []
        if not isinstance(entry.held, list):
            self.value(entry, "- list")
            return []
        return entry.held

    def text(self, entry: Entry | None, default: str = "") -> str:
        """A scalar as text."""
        if entry is None:
            return default
        if not isinstance(entry.held, str):
            self.value(entry, "text")
            return default
        return entry.held

    def integer(self, entry: Entry | None, default: int = 0) -> int:
        """A whole number from 1 on."""
        text = self.text(entry, str(default))
        if entry is not None and not re.fullmatch(r"[1-9]\d{0,6}", text):
            self.value(entry, "1, 2, 3 ...")
            return default
        return int(text)

    def finish(self) -> None:
        """Raises everything that was found."""
        if self.problems:
            raise HengtanError(sorted(self.problems, key=lambda problem: problem.row or 0))
