"""Facts: what was imported, calculated or attached, kept as it was and named by what it is."""

from .canonical import canonical_digest
from .refused import FactRefused

__all__ = ["FactRefused", "canonical_digest"]
