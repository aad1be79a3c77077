"""A line that says what is being done, on a terminal; nothing where nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PHASES = {
    "read": ("Reading the files", "读取文件"),
    "stage": ("Reading the quantities", "读取数量"),
    "check": ("Checking the rows", "检查各行"),
    "twins": ("Looking for double entries", "查找重复填报"),
    "group": ("Grouping the activities", "归并活动数据"),
    "plan": ("Choosing factors", "选择因子"),
    "total": ("Summing up", "汇总"),
    "uncertainty": ("Estimating uncertainty", "估计不确定性"),
    "apply": ("Writing the emissions", "写出排放结果"),
    "control": ("Checking the control totals", "核对控制合计"),
    "digest": ("Taking the canonical digest", "计算规范摘要"),
    "report": ("Writing the reports", "生成报告"),
    "ledger": ("Entering the run into the ledger", "登记入账本"),
}


@contextmanager
def progress(lang: str, *, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Yields what is to be told the name of each phase as it begins; a bar appears on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    names = list(PHASES)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("", total=len(names))

        def tell(phase: str) -> None:
            at = names.index(phase) if phase in names else bar.tasks[0].completed
            bar.update(task, completed=at, description=PHASES.get(phase, (phase, phase))[lang == "zh"])

        yield tell
