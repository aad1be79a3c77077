"""The inputs of a finished run, opened again where they still are what they were."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hengtan.connectors import read
from hengtan.inventory.explain import CHANGED, MISSING, VERIFIED
from hengtan.inventory.folder import sha256
from hengtan.inventory.source_row import SourceRow, source_rows
from hengtan.methods import Method, MethodError, find, load_method
from hengtan.problems import HengtanError

from .request import Request


def input_rows(manifest: Mapping[str, Any], request: Request, activity_id: str) -> tuple[list[SourceRow], str]:
    """The rows of the inputs that carry the id, and whether the inputs are still those of the run.

    Files that are gone, changed or unreadable are passed over: the folder of the run then speaks alone.
    """
    wanted = {one["file"]: one["sha256"] for one in manifest["inputs"]}
    helps = {one["role"]: (one["file"], one["sha256"]) for one in manifest.get("files", ())}
    for role in ("template", "aliases"):
        if role in helps:
            path = request.path(helps[role][0])
            if not path.is_file() or sha256(path) != helps[role][1]:
                return [], CHANGED
    template: str | None = None
    if request.template:
        template = str(request.path(request.template)) if "template" in helps else request.template
    aliases = request.path(request.aliases) if request.aliases else None
    found: list[SourceRow] = []
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
                found += (replace(row, file=named) for row in source_rows([source], activity_id))
    return found, VERIFIED if found else state


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
