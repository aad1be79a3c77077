"""What stops a method from being applied to a row: problems, never a number that looks like one."""

from __future__ import annotations

from collections.abc import Sequence

from hengtan.problems import Problem


class MethodError(Exception):
    """The method cannot be applied to these inputs. ``problems`` say why; they become the row's problems."""

    def __init__(self, problems: Problem | Sequence[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("; ".join(problem.sentence() for problem in self.problems))
