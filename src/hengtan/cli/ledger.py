"""``hengtan ledger``: a transparency log in open formats, from its first entry to its witnesses."""

from __future__ import annotations

import click

from . import Commands

# name -> (module, attribute, one line of help), as in the command line itself.
TABLE: dict[str, tuple[str, str, str]] = {
    "init": ("ledger_write", "init", "Begin a log of size 0 with a key of its own."),
    "append": ("ledger_write", "append", "Append JSON objects, one a line; durable and signed when it returns."),
    "checkpoint": ("ledger_read", "checkpoint", "Print the signed checkpoint: size and root of the log."),
    "entry": ("ledger_read", "entry", "Print the bytes of one entry."),
    "prove": ("ledger_read", "prove", "Prove an entry, or that the log extends an older checkpoint."),
    "witness": ("ledger_witness", "group", "Have a log witnessed by others, or be a witness."),
    "export": ("ledger_keep", "export", "Copy all that is public, for a web server or an auditor."),
    "serve": ("ledger_keep", "serve", "Serve the public files over HTTP."),
    "rotate": ("ledger_change", "rotate", "Hand the log over to a new key."),
    "erase": ("ledger_change", "erase", "Delete the record and salt behind an entry; the log still verifies."),
}


class LedgerCommands(Commands):
    """The commands of the group, each imported when it runs."""

    table = TABLE


@click.group("ledger", cls=LedgerCommands)
def group() -> None:
    """A transparency log in open formats: what was logged cannot be changed without others seeing it.

    DIR holds `checkpoint`, `log.vkey` and `tile/`, which anybody may read, and `private/` with key and records, which is
    never served or exported. The key is looked for in HENGTAN_LEDGER_SIGNER (a command that signs, for an HSM), in
    HENGTAN_LEDGER_KEY (its text), then in the file of --key. Exit: 0 done; 3 evidence or a line was refused; 2 wrong usage.
    """
