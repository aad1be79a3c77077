"""Rows that a query finds in a database, one period at a time; nothing there can be changed."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from hengtan.problems import HengtanError, Problem

from .answers import choice, number, refuse, text
from .contract import CHOICE, LINES, NUMBER, SECRET, Asked, Connector, Failed, Fetched, Field, Item, Settings

MOST_ROWS, MOST_CELL, AT_ONCE = 100_000, 32_768, 2000
DRIVERS = {
    "postgresql": ("postgresql+psycopg", "psycopg"), "mysql": ("mysql+pymysql", "pymysql"),
    "mariadb": ("mariadb+pymysql", "pymysql"), "oracle": ("oracle+oracledb", "oracledb"),
    "mssql": ("mssql+pymssql", "pymssql"), "sqlite": ("sqlite+pysqlite", "sqlite3"),
}  # fmt: skip
SAFE = {"sslmode", "charset"}  # of the address; others name files, sockets and hosts

FIELDS = (
    Field(
        "url", {"en": "Address of the database", "zh": "数据库地址"}, SECRET,
        help={
            "en": "postgresql://user:password@host/name; mysql, mariadb, mssql, oracle alike; sqlite:///file.db in the organisation's folder. Use an account that may read alone.",
            "zh": "postgresql://用户:密码@主机/库名；mysql、mariadb、mssql、oracle 同理；sqlite:///文件.db 位于本组织文件夹。请使用只读账号。",
        },
    ),
    Field(
        "query", {"en": "Query", "zh": "查询语句"}, LINES,
        help={
            "en": "One SELECT; :start and :end are the first and last day of the period. Its columns are mapped like those of a sheet.",
            "zh": "一条 SELECT 语句；:start 和 :end 为期间首日和末日。结果列的映射方式与表格相同。",
        },
    ),
    Field(
        "period", {"en": "Period", "zh": "期间"}, CHOICE, required=False, default="month",
        choices={"month": {"en": "month", "zh": "月"}, "day": {"en": "day", "zh": "日"}},
    ),
    Field(
        "back", {"en": "Periods back", "zh": "回溯期数"}, NUMBER, required=False, default="3",
        help={
            "en": "So many closed periods are asked for each time; what has changed since it came in is told.",
            "zh": "每次查询最近若干个已结束的期间；已导入的数据如有变化会提示。",
        },
    ),
    Field("limit_s", {"en": "Time limit (seconds)", "zh": "时限（秒）"}, NUMBER, required=False, default="60"),
)  # fmt: skip


def fetch(settings: Settings, asked: Asked) -> Iterator[Item]:
    """One file for each closed period."""
    query = checked(text(settings, "query"))
    limit = number(settings, "limit_s", 60, 1, 600)
    kind, back = choice(settings, "period", ("month", "day")), number(settings, "back", 3, 1, 400)
    with closing(_engine(text(settings, "url"), asked, limit)) as engine:
        for name, first, last in periods(asked.now.astimezone(asked.zone).date(), kind, back):
            target = asked.work / f"{name}.csv"
            try:
                if engine.rows(query, {"start": first, "end": last}, target):
                    yield Fetched(f"{name}.csv", target, key=f"period/{name}")
            except HengtanError as wrong:
                yield Failed(name, wrong.problems[0])


def checked(query: str) -> str:
    """One statement that reads; the transaction and the account are the walls, this tells early."""
    bare = query.strip().rstrip(";").strip()
    begins = re.sub(r"\A(?:\s|--[^\n]*\n|/\*.*?\*/)*", "", bare, flags=re.S).lower()
    if not begins.startswith(("select", "with")) or ";" in bare:
        refuse("query", "give one SELECT, without ;", "请填写一条 SELECT 语句，不含分号")
    return bare


def periods(today: date, kind: str, back: int) -> list[tuple[str, date, date]]:
    """Closed periods, the oldest first: name, first day, last day."""
    found: list[tuple[str, date, date]] = []
    last = today.replace(day=1) - timedelta(days=1) if kind == "month" else today - timedelta(days=1)
    while len(found) < back:
        first = last.replace(day=1) if kind == "month" else last
        found.append((f"{first:%Y-%m}" if kind == "month" else f"{first:%Y-%m-%d}", first, last))
        last = first - timedelta(days=1)
    return found[::-1]


class _Reader:
    """A database, read in transactions that cannot write and are rolled back."""

    def __init__(self, engine: Any, dialect: str, limit: int) -> None:
        self.engine, self.dialect, self.limit = engine, dialect, limit

    def close(self) -> None:
        """Leaves nothing open."""
        self.engine.dispose()

    def rows(self, query: str, values: dict[str, date], target: Path) -> int:
        """Writes what is found as CSV; how many rows."""
        import sqlalchemy as sa  # noqa: PLC0415  an extra

        statement = sa.text(query)
        given = {name: value for name, value in values.items() if name in statement.compile().params}
        until = time.monotonic() + self.limit
        try:
            with self.engine.connect() as connection, target.open("w", encoding="utf-8", newline="") as out:
                self._locked(connection, until)
                found = connection.execution_options(stream_results=True, yield_per=AT_ONCE).execute(statement, given)
                writer, count = csv.writer(out), 0
                writer.writerow(found.keys())
                for row in found:
                    count += 1
                    if count > MOST_ROWS:
                        raise HengtanError(Problem("source.too-many-rows", values={"most": f"{MOST_ROWS:,}"}))
                    if time.monotonic() > until:
                        raise TimeoutError(f"{self.limit} s")
                    writer.writerow([_cell(value) for value in row])
                connection.rollback()
                return count
        except (sa.exc.SQLAlchemyError, TimeoutError) as fault:
            why = str(getattr(fault, "orig", None) or fault).strip().splitlines() or ["?"]
            raise HengtanError(Problem("source.query", values={"why": why[0][:300]})) from None

    def _locked(self, connection: Any, until: float) -> None:
        import sqlalchemy as sa  # noqa: PLC0415

        if self.dialect == "postgresql":
            connection.execute(sa.text("SET TRANSACTION READ ONLY"))
            connection.execute(sa.text(f"SET LOCAL statement_timeout = {self.limit * 1000}"))
            connection.execute(sa.text("SELECT 1"))  # from here on it cannot be made writable again
        elif self.dialect in ("mysql", "mariadb"):
            connection.rollback()
            connection.execute(sa.text("SET SESSION TRANSACTION READ ONLY"))
            connection.commit()
        elif self.dialect == "oracle":
            connection.execute(sa.text("SET TRANSACTION READ ONLY"))
        elif self.dialect == "sqlite":
            raw = connection.connection.driver_connection
            raw.execute("PRAGMA query_only = ON")
            raw.set_progress_handler(lambda: time.monotonic() > until, 10_000)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.date() if value.time() == datetime.min.time() else value.isoformat(" ")
    elif isinstance(value, float):
        value = repr(value)
    elif isinstance(value, bytes | memoryview):
        return ""
    return str(value)[:MOST_CELL]


def _engine(url: str, asked: Asked, limit: int) -> _Reader:
    import sqlalchemy as sa  # noqa: PLC0415

    try:
        parts = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        refuse("url", "it is no address of a database", "不是数据库地址")
    dialect = parts.get_backend_name()
    if dialect not in DRIVERS:
        refuse("url", f"known are {', '.join(DRIVERS)}", f"支持 {'、'.join(DRIVERS)}")
    if set(parts.query) - SAFE:
        refuse("url", f"after ? only {', '.join(sorted(SAFE))} may stand", f"? 之后仅允许 {'、'.join(sorted(SAFE))}")
    driver, module = DRIVERS[dialect]
    more: dict[str, Any] = {}
    parts = parts.set(drivername=driver)
    if dialect == "sqlite":
        path = asked.reach.folder(text({"url": parts.database or ""}, "url"))
        if not path.is_file():
            refuse("url", "there is no such file", "没有这个文件")
        parts = sa.make_url(f"sqlite+pysqlite:///file:{path}?mode=ro&uri=true")
    else:
        host = parts.host or refuse("url", "it names no host", "缺少主机名")
        address = asked.reach.addresses(dialect, host, parts.port)[0]
        if dialect == "postgresql":
            more = {"hostaddr": address, "connect_timeout": 10}
        else:
            parts = parts.set(host=address)
    try:
        return _Reader(sa.create_engine(parts, connect_args=more, poolclass=sa.pool.NullPool), dialect, limit)
    except ModuleNotFoundError:
        raise HengtanError(Problem("source.driver", values={"module": module})) from None


CONNECTOR = Connector(
    title={"en": "SQL query", "zh": "SQL 查询"},
    note={
        "en": "Rows of an ERP or a data warehouse, asked for month by month with a query of yours.",
        "zh": "用自定义查询按月（或按日）读取 ERP 或数据仓库中的数据。",
    },
    fields=FIELDS,
    fetch=fetch,
    needs={"sqlalchemy": "sql"},
    scheme="postgresql mysql mariadb mssql oracle file",
)
