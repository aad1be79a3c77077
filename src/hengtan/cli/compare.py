"""``hengtan compare``: what changed between two runs, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from hengtan.inventory.compare import Change, Comparison


@click.command("compare")
@click.argument("dir_a", type=click.Path(path_type=Path), metavar="DIR_A")
@click.argument("dir_b", type=click.Path(path_type=Path), metavar="DIR_B")
@click.option(
    "--basis", type=click.Choice(["location", "market"]), default="location", show_default=True, help="Of scope 2."
)
@click.option(
    "--by",
    type=click.Choice(["facility", "org_unit", "type", "category", "scope"]),
    default="facility",
    show_default=True,
    help="Lines of the table.",
)
@click.option("--limit", type=click.IntRange(1), default=15, show_default=True, help="Longest table.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every line and full digits.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
def command(dir_a: Path, dir_b: Path, basis: str, by: str, limit: int, as_json: bool, lang: str) -> int:
    """Split the change from DIR_A to DIR_B into activity, factor, method, boundary and GWP effects.

    The effects add up exactly to the difference, in total, by scope and in every line.
    """
    from hengtan.inventory.compare import compare
    from hengtan.inventory.stream import read_streams

    found = compare(read_streams(dir_a), read_streams(dir_b), basis)
    if as_json:
        click.echo(json.dumps(record(found, by), ensure_ascii=False, indent=2))
    else:
        from .compare_view import show

        show(found, by, limit, lang)
    return 0


def record(found: Comparison, by: str) -> dict[str, Any]:
    """The comparison as JSON: masses in kg as exact decimal text."""
    from hengtan.inventory.run import text

    def change(one: Change) -> dict[str, Any]:
        return {
            "before_kg": text(one.before),
            "after_kg": text(one.after),
            "difference_kg": text(one.total),
            "effects_kg": {name: text(kg) for name, kg in one.effects.items()},
        }

    return {
        "runs": [_run(run) for run in (found.a, found.b)],
        "basis": found.basis,
        "total": change(found.total),
        "by_scope": {name: change(one) for name, one in sorted(found.by("scope").items())},
        "by": by,
        "lines": [{by: name, **change(one)} for name, one in found.by(by).items()],
        "causes": [
            {"effect": one.effect, "activity_type": one.kind, "kg": text(one.kg), "lines": one.entries}
            | ({"kg_per_unit": [f"{r:f}" for r in one.rates[:2]], "unit": one.rates[2]} if one.rates else {})
            for one in found.causes(100)
        ],
        "entries": [
            {
                "facility": one.facility,
                "org_unit": one.org_unit,
                "activity_type": one.kind,
                "scope": one.scope,
                "category": one.category,
                "factors": [list(ids) for ids in one.factors],
                **({"unit": one.unit, "quantities": _numbers(one.quantities)} if one.unit and one.quantities else {}),
                **change(one.change),
            }
            for one in found.entries
        ],
    }


def _numbers(pair: Any) -> list[str]:
    from hengtan.methods.trace import plain

    return [plain(value) for value in pair]


def _run(run: Any) -> dict[str, Any]:
    manifest = run.manifest
    return {
        "folder": str(run.folder),
        "period": manifest["organisation"]["period"],
        "gwp_set": run.gwp,
        "policy": manifest["options"]["policy"],
        "as_of": manifest["options"]["as_of"],
        "library": manifest["library"]["version"],
        "digest": manifest["outputs"]["digest"],
        "rows_posted": manifest["counts"]["rows_posted"],
        "rows_rejected": manifest["counts"]["rows_rejected"],
    }
