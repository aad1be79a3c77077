"""What MkDocs asks while it builds the site: the order of the pages, and the pages that are made from the code.

A page that stands in ``docs/`` and is not named here comes under "More", so nobody has to know this file to add one.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
ENGLISH = {
    "First steps": ["index.md", "quickstart.md", "python-api.md"],
    "What goes in": ["intake.md", "templates.md", "types.md", "units.md"],
    "How it is weighed": ["factors.md", "policies.md", "methods.md"],
    "What comes out": ["results.md", "explain.md", "compare.md", "uncertainty.md", "reports.md"],
    "How it is proved": ["evidence.md", "facts.md", "ledger.md", "verify.md"],
    "Chinese rules": ["sector.md", "quality.md", "ets.md", "comply.md"],
    "In the browser": ["web.md", "audit.md", "deploy.md", "api.md", "connections.md"],
    "Reference": ["commands.md", "problems.md", "extending.md", "benchmarks.md"],
}
CHINESE = {
    "中文": [
        "index.md",
        "quickstart.md",
        "python-api.md",
        *(page for name, pages in ENGLISH.items() if name != "First steps" for page in pages),
    ]
}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The nav: the named pages that exist, decisions by number, the rest under More."""
    docs = Path(config.docs_dir)
    there = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")} | set(made())
    decisions = sorted(name for name in there if name.startswith("decisions/"))
    nav: list[dict[str, list[str]]] = [
        {title: [page for page in pages if page in there]} for title, pages in ENGLISH.items()
    ]
    nav += [{title: [f"zh/{page}" for page in pages if f"zh/{page}" in there]} for title, pages in CHINESE.items()]
    nav.append({"Decisions": decisions})
    named = {page for section in nav for pages in section.values() for page in pages}
    for title, prefix in (("More", ""), ("更多", "zh/")):
        rest = sorted(page for page in there - named if page.startswith("zh/") == bool(prefix))
        if rest:
            nav.append({title: rest})
    config.nav = nav
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the made pages."""
    for name, text in made().items():
        files.append(File.generated(config, name, content=text))
    return files


def made() -> dict[str, str]:
    """Every made page by its name."""
    pages = {"problems.md": problems("en"), "zh/problems.md": problems("zh"), "commands.md": commands()}
    results = ROOT / "benchmarks" / "results.md"
    if results.exists():
        pages["benchmarks.md"] = results.read_text("utf-8")
    return pages


def problems(lang: str) -> str:
    """Every code of the catalogue with its sentences."""
    from hengtan.problems import catalogue

    heads = {
        "en": ("# Problems\n\nA problem says what is wrong, where, and how to mend it. An *error* rejects the row, which is told and counted, never zeroed; "
               "a *warning* is posted. Codes never change once published; what stands in `{}` is filled in from the row.", "What is wrong", "How to mend it"),
        "zh": ("# 问题代码\n\n每个问题都说明错在哪里、位置以及如何修改。*error* 表示该行被拒绝（会列出并计数，绝不按零处理）；*warning* 表示该行已入账但请复核。"
               "代码一经发布不再更改；`{}` 中的内容由具体数据填入。", "问题", "如何修改"),
    }  # fmt: skip
    intro, reason, mend = heads[lang]
    lines, area = [intro], ""
    for code, entry in sorted(catalogue().items()):
        if code.split(".")[0] != area:
            area = code.split(".")[0]
            lines += ["", f"## {area}", "", f"| code | severity | {reason} | {mend} |", "| --- | --- | --- | --- |"]
        cells = (_cell(entry.reason[lang]), _cell(entry.mend[lang]))
        lines.append(f"| `{code}` | {entry.severity} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def commands() -> str:
    """``--help`` of every command, as it is printed."""
    import click

    from hengtan import cli

    group = cli.app
    lines = ["# Commands", "", "What `--help` prints."]
    if not isinstance(group, click.Group):
        return "\n".join(lines) + "\n"

    def walk(command: click.Command, names: tuple[str, ...], parent: click.Context | None) -> None:
        context = click.Context(command, info_name=names[-1], parent=parent, max_content_width=110)
        lines.extend(["", f"## {' '.join(names)}", "", "```text", command.get_help(context), "```"])
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                if child is not None and not child.hidden:
                    walk(child, (*names, name), context)

    walk(group, ("hengtan",), None)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for name in made():
        print(name, file=sys.stderr)
