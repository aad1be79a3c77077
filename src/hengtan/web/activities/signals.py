"""What other apps may listen to; they hear it in the transaction in which it happens."""

from __future__ import annotations

from django.dispatch import Signal

stuck = Signal()  # batch, problems: a check found rows that cannot be posted
