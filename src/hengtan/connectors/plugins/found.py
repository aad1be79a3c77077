"""Connectors that are installed, whoever made them."""

from __future__ import annotations

import importlib.util
import logging
from functools import cache
from importlib.metadata import entry_points

from hengtan.problems import Problem

from .contract import Connector

GROUP = "hengtan.connectors"
log = logging.getLogger("hengtan.connectors")


@cache
def connectors() -> dict[str, Connector]:
    """By name. One that cannot be loaded is left out and told in the log: the others work."""
    found: dict[str, Connector] = {}
    for each in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            made = each.load()
        except Exception:
            log.exception("the connector %s (%s) cannot be loaded", each.name, each.value)
            continue
        if isinstance(made, Connector):
            found.setdefault(each.name, made)
        else:
            log.error("the connector %s (%s) is no Connector", each.name, each.value)
    return found


def lacking(connector: Connector) -> Problem | None:
    """The extra that it needs and that is not installed."""
    for module, extra in connector.needs.items():
        if importlib.util.find_spec(module) is None:
            return Problem("source.extra", values={"extra": extra, "module": module})
    return None
