"""What each kind of event does and by which article: the sentence above its form."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from hengtan.market.rules import laws
from hengtan.web.runs.words import lang

from .words import Word

DOES: Mapping[str, Word] = {
    "allocate": _("Allowances of a year come onto the registry account of the entity, as finally allocated; they cost nothing."),
    "preallocate": _("Allowances come in ahead of the final allocation; too many are taken back later by a claw-back."),
    "clawback": _("Allowances are taken back from the account, with the reason that the authority gives."),
    "buy": _("Units come onto the account against money: a listed, block or auction trade, or a bilateral agreement."),
    "sell": _("Units leave the account against money: a listed, block or auction trade, or a bilateral agreement."),
    "transfer": _("Units move between two accounts of the book; with an amount it is a sale from one entity to the other."),
    "pledge": _("Units are frozen for a lender; they stay on the account and cannot be used until they are released."),
    "repo": _("Units are sold for a term with the promise to buy them back; until the release they are not yours to use."),
    "lend": _("Units are lent to somebody else for a term; until they come back they cannot be used."),
    "release": _("A pledge, repo or loan ends, as a whole or for a part; its units are free again."),
    "foreclose": _("Pledged units are realised for the lender and leave the account for good."),
    "borrow": _("Units of somebody else come onto the account for a term, at fair value against a liability."),
    "give_back": _("Borrowed units go back to the lender under the contract by which they came."),
    "surrender": _("Units are given to the state for the verified emissions of a year; nothing brings them back."),
    "retire": _("Units are cancelled for a beneficiary and a purpose; nothing brings them back, and nobody claims them again."),
    "carry_over": _("Allowances of 2019 to 2024 become CEA25, as far as the entity's net sales allow."),
    "expire": _("Units that no rule accepts any more leave the holdings."),
    "charge": _("An entity is charged an internal price for its emissions: notional money, no units."),
}  # fmt: skip
ARTICLES: Mapping[str, tuple[Word, ...]] = {
    "allocate": (_("MEE Order 19 of 2020, Art. 14 to 16 [K]"),),
    "preallocate": (_("MEE Order 19 of 2020, Art. 14 to 16 [K]"),),
    "clawback": (_("MEE Order 19 of 2020, Art. 16 and 40 [K]"),),
    "buy": (_("MEE Order 19 of 2020, Art. 20 to 22 [K]"),),
    "sell": (_("MEE Order 19 of 2020, Art. 20 to 22 [K]"),),
    "transfer": (_("MEE registration rules of 2021 [K]"),),
    "pledge": (_("no rule of the national market: by contract, registered with the registry [K]"),),
    "repo": (_("no rule of the national market: by contract [K]"),),
    "lend": (_("no rule of the national market: by contract [K]"),),
    "release": (_("no rule of the national market: by contract [K]"),),
    "foreclose": (_("no rule of the national market: by contract, registered with the registry [K]"),),
    "borrow": (_("no rule of the national market: by contract [K]"),),
    "give_back": (_("no rule of the national market: by contract [K]"),),
    "surrender": (_("MEE Order 19 of 2020, Art. 28 and 29 [K]"),),
    "retire": (_("MEE Order 19 of 2020, Art. 19 [K]"),),
    "expire": (_("the plan of the year or the rules of the certificate [K]"),),
    "charge": (_("the entity's own policy; no rule of the market"),),
}  # fmt: skip
RULES: Mapping[str, tuple[str, ...]] = {
    "buy": ("trading.listed", "trading.block", "trading.unit"),
    "sell": ("trading.listed", "trading.block", "trading.unit"),
    "surrender": ("surrender.no-borrowing", "surrender.old-vintages-void", "offset.cap", "offset.outside-market"),
    "carry_over": ("surrender.carry-over",),
    "retire": ("certificate.used-once", "certificate.quantity", "certificate.scope-2-only"),
    "expire": ("surrender.old-vintages-void", "certificate.validity"),
}


def rules(kind: str) -> list[tuple[str, str]]:
    """(what it says, title with source and mark) of the rules by which the book checks this kind."""
    here = "zh" if lang() == "zh" else "en"
    return [(laws()[each].says[here], laws()[each].cite(here)) for each in RULES.get(kind, ())]
