"""What a company says of itself for its reports: name, boundary in words, who is responsible, what a verifier found."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import yaml

from hengtan.problems import HengtanError, Problem, system

FIELDS = (
    "name", "description", "responsible", "contact", "address", "intended_use", "boundary", "reporting_boundary",
    "significance", "exclusions", "method_choice", "base_year", "recalculation", "removals", "instruments",
    "verification", "statement", "credit_code", "legal_representative", "industry", "registered_capital", "products",
    "processes", "output_value", "energy_use", "recovered", "monitoring", "retention", "registry",
)  # fmt: skip


def read_about(path: Path, shown: str) -> dict[str, str]:
    """The fields of a YAML file, as text.

    Raises HengtanError with all its problems: no YAML, a field that no report prints, a value that is no text.
    """
    try:
        body = yaml.load(path.read_text("utf-8-sig"), Loader=yaml.CSafeLoader)
    except (OSError, ValueError, yaml.YAMLError) as fault:
        raise HengtanError(Problem("about.unreadable", file=shown, values=system("why", fault))) from fault
    if not isinstance(body, dict):
        raise HengtanError(Problem("about.unreadable", file=shown, values={"why": "name: value"}))
    problems, found = [], {}
    for field, value in body.items():
        if field not in FIELDS:
            near = ", ".join(get_close_matches(str(field), FIELDS, n=3)) or ", ".join(FIELDS[:6]) + " ..."
            problems.append(Problem("about.field-unknown", file=shown, values={"field": str(field), "near": near}))
        elif isinstance(value, dict | list):
            problems.append(Problem("about.not-text", file=shown, values={"field": str(field)}))
        elif value is not None and str(value).strip():
            found[field] = str(value).strip()
    if problems:
        raise HengtanError(problems)
    return found
