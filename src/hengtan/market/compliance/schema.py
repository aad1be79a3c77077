"""The JSON Schemas of what goes into a plan and what comes out, and what a file gets wrong by them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import jsonschema
import yaml

from hengtan.problems import Problem

MOST = 100


@cache
def schema(which: Literal["input", "output"] = "input") -> Mapping[str, Any]:
    """The schema as data, draft 2020-12.

    >>> schema("input")["properties"]["version"]["const"]
    1
    """
    text = (files(__package__) / "data" / f"{which}.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return found


def read_json(text: str, file: str) -> tuple[Any, list[Problem]]:
    """The value of a JSON text: fractions stay decimals, a key that stands twice is a problem."""
    twice: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) != len(found):
            twice.extend(key for key, _ in found if sum(key == other for other, _ in found) > 1)
        return made

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_float=_Fraction, parse_constant=_Fraction)
        json.dumps(value, ensure_ascii=False, default=repr).encode()  # half a character cannot be kept
    except (ValueError, RecursionError) as error:
        return None, [not_json(error, file)]
    return value, [Problem("comply.twice", file=file, values={"name": each}) for each in dict.fromkeys(twice)]


def not_json(error: Exception, file: str) -> Problem:
    """What keeps a text from being JSON, in both languages."""
    match error:
        case json.JSONDecodeError():
            why = (
                f"it goes wrong in line {error.lineno}, column {error.colno}",
                f"第 {error.lineno} 行第 {error.colno} 列有误",
            )
        case UnicodeDecodeError():
            why = ("it is not written in UTF-8", "文件编码不是 UTF-8")
        case UnicodeEncodeError():
            why = ("it holds half a character", "含有不完整的字符")
        case RecursionError():
            why = ("it is nested too deeply", "嵌套层数过多")
        case _:
            why = ("it holds a number of thousands of digits", "含有位数过多的数字")
    return Problem("comply.not-json", file=file, values={"why": why[0], "why_zh": why[1]})


class _Fraction:
    """A number of a file with a fraction or an exponent: nothing here is one."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[jsonschema.ValidationError]:
    """As JSON Schema means it: ``$`` is the end, and not, as in Python, also the place before a last line break."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


_Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": _pattern})


def wrong(value: Any, which: Literal["input", "output"], file: str) -> list[Problem]:
    """What a value gets wrong by a schema, each with its place as a JSON pointer; at most 100."""
    validator = _Validator(schema(which), format_checker=jsonschema.FormatChecker(["date"]))
    found: list[Problem] = []
    for error in sorted(validator.iter_errors(value), key=lambda each: [str(part) for part in each.absolute_path]):
        found += _told(error, which, file)
        if len(found) >= MOST:
            break
    once = {
        (each.code, each.file, str(each.values)): each for each in found
    }  # each missing key is an error that tells of all
    return list(once.values())[:MOST]


def pointer(parts: Any) -> str:
    """``/entities/0/holdings/1/t``."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def _told(error: Any, which: Literal["input", "output"], file: str) -> Iterator[Problem]:
    place = f"{file}#{pointer(error.absolute_path)}"
    if error.validator == "required":
        for key in error.validator_value:
            if key not in error.instance:
                values = {"key": key, **_wanted(error.schema.get("properties", {}).get(key, {}), which)}
                yield Problem("comply.key-missing", file=place, values=values)
    elif error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {})
        for key in error.instance:
            if key not in known:
                yield Problem(
                    "comply.key-unknown", file=place, values={"key": str(key)[:60], "known": ", ".join(known)}
                )
    elif error.validator == "oneOf" and "x-one-of" in error.schema:
        if not isinstance(error.instance, dict):
            return  # its type is told by itself
        kinds = {
            one["properties"]["kind"]["const"]: one["required"] for one in error.validator_value if "properties" in one
        }
        if kinds:  # a kind that is missing or unknown is told by itself
            for key in kinds.get(str(error.instance.get("kind")), ()):
                if key not in error.instance:
                    yield Problem(
                        "comply.key-missing",
                        file=place,
                        values={"key": key, **_wanted(error.schema["properties"][key], which)},
                    )
            return
        wanted = {"wanted": error.schema["x-one-of"], "wanted_zh": error.schema["x-one-of-zh"]}
        yield Problem("comply.value", file=place, values={"given": _short(error.instance), **wanted})
    else:
        yield Problem(
            "comply.value", file=place, values={"given": _short(error.instance), **_wanted(error.schema, which, error)}
        )


def _wanted(of: Mapping[str, Any], which: Literal["input", "output"], error: Any = None) -> dict[str, str]:
    """What is asked for: the words beside the place where it is used, else those of what it refers to."""
    if "description" not in of and "$ref" in of:
        of = schema(which)["$defs"][of["$ref"].rpartition("/")[2]]
    if error is not None:
        at: Any = schema(which)
        for part in error.absolute_schema_path:  # a $ref is one step, so the words beside it are met on the way
            if isinstance(at, Mapping) and "$ref" in at and part != "$ref":
                at = schema(which)["$defs"][at["$ref"].rpartition("/")[2]]
            if isinstance(at, Mapping) and "description" in at:
                of = at
            if part == "$ref":
                continue
            at = at[part] if isinstance(at, list) or part in at else {}
    return {
        "wanted": of.get("description", "what the schema asks for"),
        "wanted_zh": of.get("x-zh", "符合格式说明的值"),
    }


def _short(value: Any) -> str:
    text = repr(value) if isinstance(value, _Fraction) else json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 60 else f"{text[:57]}..."
