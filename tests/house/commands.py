"""The fenced blocks of a page, to be run as a reader would type them."""

import re
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.M | re.S)
NOT_HERE = (
    "git clone",
    "cd hengtan",
    "make demo",
    "make test",
    "make check",
    "make bench",
    "pip install",
    "make serve",
    "hengtan serve",
    "make docs",
    "make lock",
)


@dataclass(frozen=True)
class Block:
    """language ``sh`` or ``python``; text as it stands."""

    language: str
    text: str

    def lines(self) -> list[str]:
        """Commands one by one, continuation lines joined, without comments and without what sets up or tests the checkout."""
        joined = self.text.replace("\\\n", " ").splitlines()
        bare = (re.sub(r"\s+#.*$", "", line).strip() for line in joined)
        return [line for line in bare if line and not line.startswith(("#", *NOT_HERE))]


def blocks(page: Path, language: str) -> list[Block]:
    """All blocks of that language, in order."""
    return [Block(*found) for found in FENCE.findall(page.read_text("utf-8")) if found[0] == language]
