"""``hengtan serve``: the web application."""

from __future__ import annotations

import click


@click.command()
def command() -> int:
    """The web application; it comes with the extra [web] of a later release."""
    click.echo("The web application is not part of this release. It will come as: pip install 'hengtan[web]'", err=True)
    click.echo("本版本尚不含网页应用；将以 pip install 'hengtan[web]' 提供。", err=True)
    return 2
