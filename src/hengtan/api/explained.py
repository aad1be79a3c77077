"""How one number came about, as something to print or to show in a notebook."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from hengtan.connectors import Intake
from hengtan.inventory.explain import VERIFIED, Explanation, Kept, explain
from hengtan.inventory.explain_record import record
from hengtan.inventory.explain_tree import tree
from hengtan.inventory.rules import Rules
from hengtan.inventory.source_row import source_rows
from hengtan.problems import HengtanError, Problem

_WIDTH = 110


@dataclass(frozen=True, repr=False)
class Explained:
    """``data`` holds every part of the explanation; printing it gives the tree."""

    data: Explanation
    lang: str = field(default="en")

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, with every month and full digits."""
        return dict(record(self.data))

    def __str__(self) -> str:
        console = Console(file=io.StringIO(), width=_WIDTH, color_system=None, force_terminal=False)
        with console.capture() as text:
            console.print(tree(self.data, self.lang))
        return "\n".join(line.rstrip() for line in text.get().splitlines())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre style='color:inherit;background:transparent;white-space:pre-wrap'>{escape(str(self))}</pre>"


def explained(folder: Path, intake: Intake, rules: Rules, activity_id: str, lang: str) -> Explained:
    """From the folder of the run and the sources that are still at hand. Raises HengtanError for an unknown id."""
    kept = Kept(folder)
    rows = list(source_rows(intake.sources, activity_id))
    found = explain(kept, activity_id, rows, VERIFIED, rules.method, lang)
    if found is None:
        values = {"activity_id": activity_id, **kept.near(activity_id)}
        raise HengtanError(Problem("api.activity-unknown", values=values))
    return Explained(found, lang)
