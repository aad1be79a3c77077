"""Words of a name or a question: lower case, singular, without accents; Chinese as pairs of characters.

>>> words("Fuels > Liquid fuels > Diesel (100% mineral diesel) (litres)")
['fuel', 'liquid', 'fuel', 'diesel', '100', 'mineral', 'diesel', 'litre']
>>> words("R-410A 逸散排放")
['r410a', '逸散', '散排', '排放']
"""

from __future__ import annotations

import re
import unicodedata

_RUNS = re.compile(r"[a-z]+-?\d+[a-z0-9]*(?:-\d+[a-z]*)?|[a-z]+|\d+(?:\.\d+)?[a-z]*|[\u3400-\u9fff]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_KEEP_S = ("ss", "us", "is", "as", "os")
_SHORT = 3
STOP = frozenset((
    "the", "of", "for", "per", "and", "in", "a", "an", "to", "with", "by", "from", "on", "at", "or", "co2", "co2e",
    "emission", "factor", "carbon", "coefficient", "kg", "排放", "因子", "系数", "碳排", "放因", "的",
))  # fmt: skip
STOP_ZH = re.compile("(?:二氧化碳|温室气体|碳)?排放(?:因子|系数)|因子|系数")


def plain(text: str) -> str:
    """Lower case, full-width and accented letters as plain ones."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()


def words(text: str) -> list[str]:
    """The words in their order, doubles included."""
    found: list[str] = []
    for run in _RUNS.findall(plain(text)):
        if _CHINESE.match(run):
            found += [run] if len(run) == 1 else [run[at : at + 2] for at in range(len(run) - 1)]
        else:
            found.append(singular(run.replace("-", "")))
    return found


def is_chinese(word: str) -> bool:
    """True for a word of Chinese characters."""
    return bool(_CHINESE.match(word))


def singular(word: str) -> str:
    """The word without its plural: litres litre, batteries battery, gas gas."""
    if len(word) <= _SHORT or not word.endswith("s") or word.endswith(_KEEP_S):
        return word
    return word[:-3] + "y" if word.endswith("ies") else word[:-1]
