"""``{% table_menu %}``: a table as CSV, as XLSX, or copied for a spreadsheet."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template

register = template.Library()


@register.inclusion_tag("shell/table_menu.html", takes_context=True)
def table_menu(context: template.Context, table: str = "", address: str = "", *, small: bool = False) -> dict[str, Any]:
    """The menu of the table of this page, with the filters of its address.

    table    where a page has several: goes into ``?table=``
    address  of the view that answers, if it is not that of the page
    small    an icon without a word, for the corner of a card
    """
    asked = context["request"].GET
    left = (
        [] if address else [(name, value) for name, value in asked.items() if name not in ("page", "format", "table")]
    )
    left += [("table", table)] if table else []
    joined = "&" if "?" in address else "?"
    return {"base": f"{address}{joined}{urlencode([*left, ('format', '')])}", "small": small}
