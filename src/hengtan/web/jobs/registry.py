"""Who does which kind of job. Apps register their handlers in ``AppConfig.ready``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

if TYPE_CHECKING:
    from .models import Job
    from .progress import Progress

Run = Callable[["Job", "Progress"], dict[str, Any] | None]
Address = Callable[["Job"], str]


@dataclass(frozen=True, slots=True)
class Handler:
    """run may be called again after a worker died in the middle of it, so twice must be as once.

    elsewhere   it waits for other systems; a process of its own does it, so that no import or calculation waits behind it
    """

    run: Run
    title: str | Promise
    phases: Mapping[str, str | Promise] = field(default_factory=dict)
    address: Address | None = None
    elsewhere: bool = False


HANDLERS: dict[str, Handler] = {}


def handler(
    kind: str,
    *,
    title: str | Promise = "",
    phases: Mapping[str, str | Promise] | None = None,
    address: Address | None = None,
    elsewhere: bool = False,
) -> Callable[[Run], Run]:
    """Register the function for this kind.

    title    what people read; phases: what each ``progress.at`` is called; address: where a result is looked at
    """

    def register(run: Run) -> Run:
        HANDLERS[kind] = Handler(run, title or kind, phases or {}, address, elsewhere)
        return run

    return register


def elsewhere() -> list[str]:
    """The kinds that wait for other systems."""
    return sorted(kind for kind, found in HANDLERS.items() if found.elsewhere)


def title(kind: str) -> str | Promise:
    """Of a kind that is gone, its name."""
    return HANDLERS[kind].title if kind in HANDLERS else kind


def phase(kind: str, key: str) -> str | Promise:
    """A phase of a kind of job in words."""
    return HANDLERS[kind].phases.get(key, key) if kind in HANDLERS else key


def address(job: Job) -> str:
    """Where the result of this job is seen."""
    found = HANDLERS.get(job.kind)
    return found.address(job) if found and found.address else ""
