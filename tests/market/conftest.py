"""Databases for the tests of the book; the server of PostgreSQL is started once."""

from .books import database, postgres

__all__ = ["database", "postgres"]
