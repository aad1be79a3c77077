"""The money of an event."""

from __future__ import annotations

from .event import Event
from .posting import Money


def paid(event: Event, entity: str, target: str = "") -> tuple[Money, ...]:
    """The money that moves with the units, or with the contract."""
    cash = f"cash:{entity}"
    moved: list[tuple[str, str, str, int]] = []
    if event.kind == "buy":
        moved = [
            ("price", cash, f"price:{entity}", event.amount),
            ("fee", cash, f"fee:{entity}", event.fee),
            ("vat", cash, f"vat:{entity}", event.vat),
        ]
    elif event.kind == "sell":
        moved = [
            ("price", f"price:{entity}", cash, event.amount),
            ("fee", cash, f"fee:{entity}", event.fee),
            ("vat", f"vat:{entity}", cash, event.vat),
        ]
    elif event.kind == "transfer":
        moved = [("price", f"cash:{target}", cash, event.amount)] if target != entity else []
        moved.append(("fee", cash, f"fee:{entity}", event.fee))
    elif event.kind in ("pledge", "repo"):
        moved = [("principal", f"loan:{entity}", cash, event.principal), ("fee", cash, f"fee:{entity}", event.fee)]
    elif event.kind == "release":
        moved = [
            ("principal", cash, f"loan:{entity}", event.principal),
            ("interest", cash, f"interest:{entity}", event.interest),
        ]
    elif event.kind == "foreclose":
        moved = [
            ("price", f"price:{entity}", f"loan:{entity}", event.amount),
            ("fee", cash, f"fee:{entity}", event.fee),
        ]
    elif event.kind == "lend":
        moved = [("interest", f"interest:{entity}", cash, event.interest)]
    elif event.kind == "give_back":
        moved = [("interest", cash, f"interest:{entity}", event.interest)]
    else:
        moved = [("fee", cash, f"fee:{entity}", event.fee)]
    return tuple(Money(*each) for each in moved if each[3])
