"""The second wall between tenants, in PostgreSQL itself: rows are there only for whom they were opened.

The first wall is ``visible_to``. This one holds when somebody forgets it: every table of a tenant has a row-level security policy,
FORCEd, so that the role of the application is held by it too, and where nothing was said no row is there, to read or to write.

    with within(organisation.pk): ...        # one tenant: a job
    with opened(): ...                       # all: migrations, the queue of jobs, a command
    @middleware                              # a request: the tenants of the person who asks, nobody's before he is known

What is open stands in settings of the connection (``hengtan.tenants``, ``hengtan.person``, ``hengtan.key``), so a pooler between must
keep a connection to one client (session pooling). A connection that is made anew is told again; a thread begins with all closed.
On SQLite there is no such wall, and all of this does nothing.

Policies are made after migrations for the models that there are then; a new model needs nothing but ``TenantModel``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from django.apps import apps
from django.db import Error, connection, models, transaction
from django.db.models.fields.related import ForeignKey
from django.http import HttpRequest, HttpResponse

from .tenancy import TenantModel

ALL = "*"
BY_KEY = {"organisations.invitation": "token_sha256", "api.token": "sha256"}  # who has the secret finds the row
SAFE = re.compile(r"[0-9a-f{},*]*")


@dataclass(frozen=True, slots=True)
class Opening:
    """tenants: ``{1,2}``, ``*`` for all, empty for none; person: whose memberships; key: hash of a secret that was shown."""

    tenants: str = ""
    person: str = ""
    key: str = ""


CLOSED = Opening()
_now: ContextVar[Opening | None] = ContextVar("wall", default=None)  # None: as the connection was made, which is closed


# who is let in
@contextmanager
def standing(opening: Opening | None) -> Iterator[None]:
    """This is open while the block runs, and then what was before."""
    before = _now.get()
    _set(opening)
    try:
        yield
    finally:
        _now.set(before)
        if connection.vendor == "postgresql" and connection.connection is not None:
            try:
                _tell(connection, before)
            except Error:
                if not connection.in_atomic_block:  # a transaction that failed takes the settings back itself
                    connection.close()


def opened() -> Any:
    """Every tenant, while the block runs."""
    return standing(replace(_now.get() or CLOSED, tenants=ALL))


def within(*organisations: int) -> Any:
    """These tenants, while the block runs."""
    return standing(replace(_now.get() or CLOSED, tenants=_list(organisations)))


def closed() -> Any:
    """None, while the block runs."""
    return standing(CLOSED)


def by_key(digest: str) -> Any:
    """Besides what is open, the invitation or token whose secret has this hash, while the block runs."""
    return standing(replace(_now.get() or CLOSED, key=digest))


def also(organisation: int) -> Any:
    """This tenant besides what is open, while the block runs."""
    before = _now.get() or CLOSED
    ours = [int(each) for each in before.tenants.strip("{}").split(",") if each.isdigit()]
    return standing(before if before.tenants == ALL else replace(before, tenants=_list((*ours, organisation))))


def let_in(user: Any) -> None:
    """From here to the end of the request: the tenants to which the person belongs."""
    person = str(int(user.pk))
    if connection.vendor != "postgresql":
        return
    mine = (
        "SELECT set_config('hengtan.tenants', coalesce((SELECT array_agg(organisation_id)::text FROM organisations_membership"
        f" WHERE user_id = {person} AND ended_at IS NULL), '{{}}'), false)"
    )
    with connection.wrap_database_errors:
        connection.ensure_connection()
        told = connection.connection.execute(f"{_statement(Opening(person=person))}; {mine}")
        told.nextset()
        _now.set(Opening(told.fetchone()[0], person))


def let_in_to(organisation: int) -> None:
    """From here to the end of the request: this tenant alone."""
    _set(Opening(_list((organisation,))))


def close() -> None:
    """From here to the end of the request: none."""
    _set(CLOSED)


def signed_in(**given: Any) -> None:
    """Somebody signs in in the middle of a request."""
    if getattr(given["request"], "behind_the_wall", False):
        let_in(given["user"])


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """After AuthenticationMiddleware. Who signs in meanwhile is let in then (apps.py), who shows a token by the API's door."""

    def answer(request: HttpRequest) -> HttpResponse:
        request.behind_the_wall = True  # type: ignore[attr-defined]
        with standing(CLOSED):
            if request.user.is_authenticated:
                let_in(request.user)
            return get_response(request)

    return answer


def current() -> Opening | None:
    """What is open here."""
    return _now.get()


def _list(organisations: tuple[int, ...]) -> str:
    return "{" + ",".join(str(int(each)) for each in organisations) + "}"


def _set(opening: Opening | None) -> None:
    _now.set(opening)
    if connection.vendor == "postgresql" and connection.connection is not None:  # else it is told when it is made
        connection.close_if_health_check_failed()
        if connection.connection is not None:
            _tell(connection, opening)


def _tell(to: Any, opening: Opening | None) -> None:
    """Beside Django's cursor: these are no queries of a page."""
    with to.wrap_database_errors:
        to.connection.execute(_statement(opening))


def _statement(opening: Opening | None) -> str:
    if opening is None:
        return "RESET hengtan.tenants; RESET hengtan.person; RESET hengtan.key"
    given = {"tenants": opening.tenants, "person": opening.person, "key": opening.key}
    if not all(SAFE.fullmatch(value) for value in given.values()):
        raise ValueError("the wall is told numbers and hashes")
    return "SELECT " + ", ".join(f"set_config('hengtan.{name}', '{value}', false)" for name, value in given.items())


def tell_again(**given: Any) -> None:
    """A connection that was made anew in the middle of something."""
    made = given["connection"]
    if made.vendor == "postgresql" and _now.get() is not None:
        _tell(made, _now.get())


# how it is built
def _setting(name: str) -> str:
    return f"current_setting('hengtan.{name}', true)"


# each a sub-select without rows of the table: the database asks once for a query, not once for a row
OPEN = f"(SELECT {_setting('tenants')} = '*')"
LIST = f"CASE WHEN {_setting('tenants')} LIKE '{{%' THEN {_setting('tenants')}::bigint[] END"
TENANTS = f"(CAST((SELECT {LIST}) AS bigint[]))"  # the outer cast keeps ANY from looking for rows
PERSON = f"(SELECT nullif({_setting('person')}, '')::bigint)"
KEY = f"(SELECT nullif({_setting('key')}, ''))"


def wanted() -> dict[str, dict[str, str]]:
    """table: policies by name, as SQL. Raises LookupError for a table that hangs on a tenant's rows and has no policy."""
    found: dict[str, dict[str, str]] = {}
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if meta.proxy or not (meta.managed or issubclass(model, TenantModel)):
            continue
        if meta.label_lower == "organisations.organisation":
            found[meta.db_table] = {"wall": _rows("id")}
        elif issubclass(model, TenantModel):
            owner: Any = meta.get_field("organisation")
            policies = {"wall": _rows(owner.column)}
            if meta.label_lower == "organisations.membership":
                policies["own"] = f"FOR SELECT USING (user_id = {PERSON})"
            if meta.label_lower in BY_KEY:
                policies["by_key"] = f"FOR SELECT USING ({BY_KEY[meta.label_lower]} = {KEY})"
            found[meta.db_table] = policies
        elif sides := [each for each in meta.get_fields() if _hangs_on_a_tenant(each)]:
            if not meta.auto_created:
                raise LookupError(f"{meta.label} hangs on rows of a tenant: make it a TenantModel")
            test = " AND ".join(_exists(meta.db_table, each) for each in sides)
            found[meta.db_table] = {"wall": f"FOR ALL USING ({test}) WITH CHECK ({test})"}
    return found


def _rows(column: str) -> str:
    test = f"{OPEN} OR {column} = ANY {TENANTS}"
    return f"FOR ALL USING ({test}) WITH CHECK ({test})"


def _hangs_on_a_tenant(field: Any) -> bool:
    return isinstance(field, ForeignKey) and issubclass(field.related_model, TenantModel)


def _exists(table: str, field: Any) -> str:
    """The policy of the other table holds inside, so its row is there only for its tenant."""
    other: type[models.Model] = field.related_model
    return f'EXISTS (SELECT 1 FROM "{other._meta.db_table}" AS o WHERE o.id = "{table}"."{field.column}")'


def missing() -> list[str]:
    """The tables whose wall does not stand as it should."""
    return sorted(table for table, (right, _names) in _standing().items() if not right)


def raise_wall(**_given: Any) -> None:
    """After migrations. What stands as it should is not touched: no lock is taken for it."""
    if connection.vendor != "postgresql" or not missing():
        return
    plan = wanted()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [0x77616C6C])
        for table, (right, names) in _standing().items():
            if right:
                continue
            for name in names:
                cursor.execute(f'DROP POLICY "{name}" ON "{table}"')
            for name, rule in plan[table].items():
                cursor.execute(f'CREATE POLICY "{name}" ON "{table}" {rule}')
                cursor.execute(f'COMMENT ON POLICY "{name}" ON "{table}" IS \'{_mark(rule)}\'')
            cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
            cursor.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')


def _standing() -> dict[str, tuple[bool, list[str]]]:
    """table: whether its wall is as wanted, and which policies it has; of the tables that are there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, p.polname, obj_description(p.oid, 'pg_policy')"
            " FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid"
            " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace"
        )
        rows = cursor.fetchall()
    found: dict[str, tuple[bool, list[str]]] = {}
    for table, policies in wanted().items():
        here = [row for row in rows if row[0] == table]
        if here:
            marks = {row[2]: row[3] for row in here if row[2]}
            right = bool(here[0][1]) and marks == {name: _mark(rule) for name, rule in policies.items()}
            found[table] = (right, sorted(marks))
    return found


def _mark(rule: str) -> str:
    return sha256(rule.encode()).hexdigest()[:16]
