"""Where rows come from by themselves: connectors, found by the entry point ``hengtan.connectors``.

A connector is a value: what it is called, what it wants to know, and one plain function from settings to files or readings.

>>> from hengtan.connectors.plugins import connectors
>>> sorted(connectors())
['billing', 'folder', 'mqtt', 'sftp', 'sql']
>>> [field.name for field in connectors()["folder"].fields]
['folder', 'pattern', 'settled_s']

The function knows nothing of the web application. Whatever connects to other machines or reads folders goes through ``asked.reach``,
which refuses what the installation does not allow.
"""

from .contract import (
    CHOICE,
    LINES,
    NUMBER,
    SECRET,
    TEXT,
    Asked,
    Connector,
    Failed,
    Fetched,
    Field,
    Item,
    Reach,
    Reading,
    Readings,
)
from .found import connectors, lacking

__all__ = [
    "CHOICE",
    "LINES",
    "NUMBER",
    "SECRET",
    "TEXT",
    "Asked",
    "Connector",
    "Failed",
    "Fetched",
    "Field",
    "Item",
    "Reach",
    "Reading",
    "Readings",
    "connectors",
    "lacking",
]
