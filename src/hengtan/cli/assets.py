"""``hengtan assets``: the book of carbon assets, from proposal to proof."""

from __future__ import annotations

import click

from . import Commands

# name -> (module, attribute, one line of help), as in the command line itself.
TABLE: dict[str, tuple[str, str, str]] = {
    "account": ("assets_post", "account", "Open an account; the first one begins the book."),
    "post": ("assets_post", "post", "Propose the events or trade confirmations of a file."),
    "approve": ("assets_post", "approve", "Approve or reject what somebody else proposed; list what waits."),
    "reverse": ("assets_post", "reverse", "Propose to take a posting back, with a reason."),
    "balance": ("assets_show", "balance", "What is held, frozen, used and gone; cost and value."),
    "statement": ("assets_show", "statement", "The postings of an account between two days."),
    "instruments": ("assets_show", "instruments", "List the instruments and the batches that came in."),
    "claims": ("assets_market", "claims", "Certificates used for scope 2, as an instruments file for calculate."),
    "fill": ("assets_market", "fill", "Put holdings and quotes of the book into the input of a compliance plan."),
    "quotes": ("assets_market", "quotes_command", "Take in daily quotes; averages of a period."),
    "reconcile": ("assets_market", "reconcile", "Compare an account with its registry's statement; close breaks."),
    "replay": ("assets_show", "replay_command", "Compute the book again from its records and compare."),
    "prove": ("assets_show", "prove", "Write the proof of a posting, which verifies offline."),
    "template": ("assets_market", "template", "Kinds of events and their fields; templates of files."),
}


class AssetsCommands(Commands):
    """The commands of the group, each imported when it runs."""

    table = TABLE


@click.group("assets", cls=AssetsCommands)
def group() -> None:
    """Allowances, credits and certificates: a book of double entry in whole units and fen, append-only, with four eyes on every posting.

    DIR holds `book.sqlite` and `ledger`, to which every posting adds one entry; `hengtan verify DIR/ledger` checks it
    offline. Exit: 0 done; 3 something was refused or differs; 2 wrong usage.
    """
