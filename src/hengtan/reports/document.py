"""The whole report of one standard: cover, figures, and the sections in the order that the standard's file gives."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from hengtan.inventory.view import ReportData

from .blocks import Block, Cell, Document, Figure, Heading, Section
from .numbers import tonnes
from .parts import PARTS
from .parts.common import TONES
from .reading import SUMS, Reading
from .sentences import Words


@cache
def standard_file(name: str) -> Mapping[str, Any]:
    """``standards/<name>.yaml``."""
    text = files(__package__).joinpath(f"standards/{name}.yaml").read_text("utf-8")
    spec: Mapping[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return spec


def document(data: ReportData, lang: str, standard: str) -> Document:
    """The report of one run; ``cn-enterprise`` is Chinese, with English headings beside when ``lang`` is ``en``."""
    spec = standard_file(standard)
    both = standard == "cn-enterprise" and lang == "en"
    lang = "zh" if standard == "cn-enterprise" else lang
    words = Words(lang)
    reading = Reading(data, words)

    def title(texts: Mapping[str, str]) -> str:
        return f"{texts['zh']} {texts['en']}" if both else texts[lang]

    sections = []
    for part in spec["sections"]:
        here = Reading(data, words, {"standard": spec, "fields": part.get("fields", ())})
        blocks: list[Block] = []
        for place, name in enumerate(part["parts"]):
            made = PARTS[name](here)
            if place and made and (heading := words.get(f"part.{name}", "")):
                blocks.append(Heading(heading))
            blocks += made
        sections.append(Section(title(part["title"]), part["clause"], tuple(blocks)))
    manifest = data.manifest
    outputs = manifest.get("outputs") or {}
    sample = manifest.get("sample")
    return Document(
        lang=lang,
        title=title(spec["title"]),
        organisation=reading.organisation(),
        period=reading.period(),
        standard=spec["name"][lang],
        sample="" if not sample else words("sample") if sample is True else str(sample),
        created=str(manifest.get("created") or ""),
        digest=str(outputs.get("digest") or ""),
        figures=figures(reading),
        cover=cover(reading, spec["name"][lang]),
        sections=tuple(sections),
        labels={
            **{key: words(key) for key in ("contents", "period", "sample.short", "page", "skip")},
            "digest-short": words("digest.short"),
            "rest.more": words("rest.more"),
        },
    )


def figures(reading: Reading) -> tuple[Figure, ...]:
    """The headline figure and one for each scope; what was not collected or not posted says so."""
    words = reading.words
    if not reading.count("rows_posted"):
        refused = reading.missing(reading.count("rows_rejected"))
        return (Figure(words("headline.0"), refused, "", words("summary.nothing"), "gap"),)
    note = []
    if (interval := reading.interval("total")) is not None:
        note.append(words("headline.interval", low=tonnes(interval[0], 0), high=tonnes(interval[1], 0)))
    if reading.collected("2"):
        note.append(words("headline.market", value=tonnes(reading.headline_market())))
    total = tonnes(reading.headline())
    made = [Figure(reading.headline_label(), total, _unit(words, total), words("stop").join(note))]
    for name in SUMS:
        kg = reading.total(name)
        label = words("scope." + name[5:-3].replace("_", "."))
        if kg is None:
            if name != "scope2_market_kg":
                made.append(Figure(label, reading.missing(reading.refused(name[5])), "", "", "gap"))
        else:
            share = "" if name == "scope2_market_kg" else words("headline.share", value=reading.share(kg))
            made.append(
                Figure(
                    label,
                    tonnes(kg),
                    _unit(words, tonnes(kg)),
                    share or words("scope2.beside"),
                    TONES[name],
                )
            )
    if (bio := reading.biogenic()) is not None:
        made.append(Figure(words("biogenic"), tonnes(bio), words("unit.t.co2"), words("biogenic.beside"), "bio"))
    return tuple(made)


def _unit(words: Words, value: str) -> str:
    """The unit behind a figure; a small one brings its kg along."""
    return "CO₂e" if value.endswith("kg") else words("unit.t")


def cover(reading: Reading, standard: str) -> tuple[tuple[str, Cell], ...]:
    """The facts under the figures on the first page."""
    words, manifest = reading.words, reading.data.manifest
    approach = reading.approach()
    library = manifest.get("library") or {}
    return (
        (words("standard"), Cell(standard)),
        (
            words("approach"),
            Cell(approach) if approach else Cell(words("not-supplied"), "gap"),
        ),
        (words("gwp"), Cell(reading.gwp())),
        (words("created"), Cell(reading.created())),
        (
            words("software"),
            Cell(
                words("stop").join(
                    p
                    for p in (
                        f"hengtan {(manifest.get('hengtan') or {}).get('version', '—')}",
                        f"{words('library')} {library['version']}" if library.get("version") else "",
                    )
                    if p
                )
            ),
        ),
        (words("digest"), Cell(str((manifest.get("outputs") or {}).get("digest") or "—"), "mono")),
    )
