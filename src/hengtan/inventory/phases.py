"""How long each part of a run took, so that the next bottleneck is visible."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Phases:
    """seconds by phase, in the order they began; ``told`` hears the name of each phase (for a progress bar).

    Phases may run beside one another: their seconds then add up to more than the run took.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    told: Callable[[str], None] | None = None

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Measure the block as the phase ``name``."""
        if self.told:
            self.told(name)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def rounded(self) -> dict[str, float]:
        """seconds by phase, to the millisecond."""
        return {name: round(seconds, 3) for name, seconds in dict(self.seconds).items()}
