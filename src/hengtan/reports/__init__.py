"""Reports of an inventory: PDF, XLSX and HTML, structured by ISO 14064-1, the GHG Protocol or the Chinese enterprise form.

    >>> render(data, Path("out"), formats=("html",), lang="zh", standard="cn-enterprise")    # doctest: +SKIP
    [PosixPath('out/report.html')]

``data`` is a :class:`hengtan.inventory.view.ReportData`. Nothing is calculated here but shares, remainders and rounding;
what a standard asks for and the data do not hold is said to be missing, with who must give it. The same data give the
same bytes. Writers are imported when they are used, so that importing this package costs nothing.
"""

from .render import FORMATS, LANGUAGES, STANDARDS, render

__all__ = ["FORMATS", "LANGUAGES", "STANDARDS", "render"]
