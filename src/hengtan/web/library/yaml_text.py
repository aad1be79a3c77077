"""YAML that people type or upload: small, shallow, without anchors, so that reading it costs no more than its length."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from hengtan.problems import HengtanError, Problem

MOST_CHARACTERS, MOST_EVENTS, DEEPEST = 100_000, 20_000, 12


def guard(text: str, code: str, shown: str) -> None:
    """Raises HengtanError with this code for what is too long or too deep, for anchors, aliases and tags, and for no YAML.

    An alias of an alias of an alias is a few lines that stand for a billion; tags name what a reader would have to make.
    """
    if len(text) > MOST_CHARACTERS:
        raise _refused(code, shown, f"more than {MOST_CHARACTERS} characters", f"超过 {MOST_CHARACTERS} 个字符")
    depth = 0
    try:
        for number, event in enumerate(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise _refused(
                    code,
                    shown,
                    "anchors (&) and aliases (*) are not allowed here",
                    "此处不允许使用锚点（&）和别名（*）",
                )
            if getattr(event, "tag", None):
                raise _refused(code, shown, "tags (!) are not allowed here", "此处不允许使用标签（!）")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST or number > MOST_EVENTS:
                raise _refused(code, shown, "too deep or too long", "层级过深或内容过长")
    except (yaml.YAMLError, ValueError) as error:
        detail = " ".join(str(error).split())[:300]
        raise _refused(code, shown, detail, detail) from error


def _refused(code: str, shown: str, english: str, chinese: str) -> HengtanError:
    values = {"detail": english, "detail_zh": chinese, "why": english, "why_zh": chinese}
    return HengtanError(Problem(code, file=shown, values=values))


@contextmanager
def as_file(text: str) -> Iterator[Path]:
    """A file of this text, while the block runs."""
    with tempfile.TemporaryDirectory(prefix="hengtan-yaml-") as folder:
        path = Path(folder) / "given.yaml"
        path.write_text(text, "utf-8")
        yield path
