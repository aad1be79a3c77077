"""The inputs of a finished run, opened again where they still are what they were."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hengtan.connectors import read
from hengtan.inventory.explain import CHANGED, MISSING, VERIFIED
from hengtan.inventory.folder import sha256
from hengtan.inventory.source_row import SourceRow, source_rows
from hengtan.inventory.staging import Source
from hengtan.methods import Method, MethodError, find, load_method
from hengtan.problems import HengtanError

from .request import Request


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of a run that could be read again.

    sources   each with the name under which the run knows it
    state     ``verified``, or what became of one of them: ``missing``, ``changed``
    """

    sources: tuple[tuple[str, Source], ...]
    state: str

    def rows(self, activity_id: str) -> tuple[list[SourceRow], str]:
        """The rows that carry the id, and whether they are still those of the run."""
        found = [replace(row, file=name) for name, source in self.sources for row in source_rows([source], activity_id)]
        return found, VERIFIED if found else self.state


def open_inputs(manifest: Mapping[str, Any], request: Request) -> Inputs:
    """The inputs as far as they are still those of the run.

    Files that are gone, changed or unreadable are passed over: the folder of the run then speaks alone.
    """
    wanted = {one["file"]: one["sha256"] for one in manifest["inputs"]}
    helps = {one["role"]: (one["file"], one["sha256"]) for one in manifest.get("files", ())}
    for role in ("template", "aliases"):
        if role in helps:
            path = request.path(helps[role][0])
            if not path.is_file() or sha256(path) != helps[role][1]:
                return Inputs((), CHANGED)
    template: str | None = None
    if request.template:
        template = str(request.path(request.template)) if "template" in helps else request.template
    aliases = request.path(request.aliases) if request.aliases else None
    found: list[tuple[str, Source]] = []
    state = VERIFIED
    for name in request.inputs:
        path = request.path(name)
        if not path.is_file():
            state = MISSING if state == VERIFIED else state
            continue
        try:
            intake = read([path], template=template, aliases=aliases)
        except HengtanError:
            state = CHANGED
            continue
        for source in intake.sources:
            named = str(Path(name))  # as the run wrote it; now it may be found by another way
            if source.sha256 != wanted.get(named):
                state = CHANGED
            else:
                found.append((named, source))
    return Inputs(tuple(found), state)


def methods_of(request: Request) -> Callable[[str], Method | None]:
    """Methods by id: the run's own files that are still there, then ours."""
    own: dict[str, Method] = {}
    for name in request.methods:
        try:
            method = load_method(request.path(name))
        except (MethodError, HengtanError, OSError):
            continue
        own[method.id] = method
    return lambda name: own.get(name) or find(name)
