"""Certificates that were used for scope 2, as lines of the instruments file that an inventory takes: each MWh once, for one year and entity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .posting import RETIRED, Batch, Posting

COLUMNS = (
    "instrument_id",
    "kind",
    "factor_id",
    "co2e_kg_per_unit",
    "quantity",
    "unit",
    "region",
    "valid_from",
    "valid_to",
    "source",
    "facility",
)
CERTIFICATES = ("gec", "green_power")
_KINDS = {"gec": "green certificate 绿证", "green_power": "green power contract 绿电合同"}


@dataclass(frozen=True, slots=True)
class Use:
    """MWh of one instrument that one posting used for the scope 2 of a beneficiary in a year. numbers: serial ranges, ends inclusive."""

    posting: int
    code: str
    kind: str
    beneficiary: str
    year: int
    mwh: int
    numbers: tuple[str, ...]

    @property
    def name(self) -> str:
        """The id of the instrument that it becomes."""
        return f"{self.code}:{self.posting}"

    def line(self, *, facilities: Sequence[str] = (), mwh: str = "") -> dict[str, str]:
        """A line of the instruments file (CONTRACT, section 2). A certificate holds all over the country, whichever province made the power.

        facilities   of the beneficiary, whose use alone it covers; mwh: what is free of it, where that is not all
        """
        told = f"posting {self.posting}, {self.beneficiary}: {'; '.join(self.numbers)}"
        return {
            "instrument_id": self.name, "kind": _KINDS[self.kind], "factor_id": "", "co2e_kg_per_unit": "0",
            "quantity": mwh or str(self.mwh), "unit": "MWh", "region": "CN", "valid_from": f"{self.year}-01-01",
            "valid_to": f"{self.year}-12-31", "source": told, "facility": ";".join(facilities),
        }  # fmt: skip


def scope2_uses(
    postings: Iterable[Posting], batches: Iterable[Batch], *, year: int = 0, beneficiary: str = ""
) -> list[Use]:
    """Every use of certificates for scope 2, of a year and a beneficiary or of all, in the order of the postings."""
    batch_of = {each.number: each for each in batches}
    found: list[Use] = []
    for posting in postings:
        claim = posting.claim
        if (
            claim is None
            or claim.purpose != "scope2"
            or year not in (0, claim.year)
            or beneficiary not in ("", claim.beneficiary)
        ):
            continue
        used: dict[str, list[tuple[Batch, int, int]]] = {}
        for lot in posting.made:
            if lot.place == RETIRED:
                batch = batch_of[lot.batch]
                used.setdefault(batch.instrument.code, []).append((batch, lot.first, lot.last))
        for code, parts in used.items():
            numbers = tuple(f"{batch.series.partition('|')[2]}:{first}-{last}" for batch, first, last in parts)
            mwh = sum(last - first + 1 for _, first, last in parts)
            found.append(
                Use(posting.number, code, parts[0][0].instrument.kind, claim.beneficiary, claim.year, mwh, numbers)
            )
    return found
