"""What is wrong with a book: its chain, its manifests, its objects, its merged tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hengtan.problems import HengtanError, Problem

from .merged import alive, merged_name

if TYPE_CHECKING:
    from .book import Book

_BEHIND: Final = timedelta(minutes=1)  # clocks of machines that append together differ by less


def inspect(book: Book, *, rows: bool) -> Iterator[Problem]:
    """Every problem of the book, read anew from its first entry."""
    fresh = type(book)(book.store, book.name)
    try:
        book.store.must_be_marked()
    except HengtanError as error:
        yield from error.problems
    try:
        entries = fresh.entries()
    except HengtanError as error:
        yield from error.problems
        return
    for entry in entries:
        if entry.recorded - entry.clock > _BEHIND:
            values = {"sequence": str(entry.sequence), "clock": str(entry.clock), "recorded": str(entry.recorded)}
            yield Problem("facts.clock-behind", file=book.name, values=values)
        if entry.manifest is not None:
            yield from _object(fresh, entry.manifest.id)
            yield from _object(fresh, entry.manifest.digest)
    yield from inspect_merged(fresh, rows=rows)


def inspect_merged(book: Book, *, rows: bool) -> Iterator[Problem]:
    """Every problem of the book's merged tables; with ``rows`` they are compared with the originals row by row."""
    try:
        living = alive(book)
    except HengtanError as error:
        yield from error.problems
        return
    for each in living.values():
        try:
            book.store.beside(merged_name(book.name, each.table), each.table)
            if rows:
                from .merge import differing  # noqa: PLC0415  pyarrow only where rows are touched

                for identity in differing(book, each):
                    yield Problem("facts.merged-differs", file=identity)
        except HengtanError as error:
            yield from error.problems


def _object(book: Book, digest: str) -> Iterator[Problem]:
    try:
        book.store.verify(digest)
    except HengtanError as error:
        yield from error.problems
