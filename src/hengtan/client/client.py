"""Calls of the API, repeated where a network fails, never carried out twice."""

from __future__ import annotations

import io
import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

MOST_WAIT_S = 120
KINDS = {
    ".csv": "text/csv",
    ".ndjson": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
TRIES, FIRST_PAUSE_S, POLL_S = 4, 0.5, 0.5
Json = dict[str, Any]


class ApiError(Exception):
    """A call was refused: ``status`` of HTTP, and ``problems`` with code, place, reason and mend."""

    def __init__(self, status: int, problems: list[dict[str, str]]) -> None:
        super().__init__(
            "\n".join(f"{each['reason']} {each['mend']} [{each['code']}]" for each in problems) or str(status)
        )
        self.status, self.problems = status, problems


class Client:
    """One organisation, as the person of the token may see and change it.

    >>> with Client("https://carbon.example.com", token) as carbon:  # doctest: +SKIP
    ...     batch = carbon.send("bills.xlsx", name="January")
    ...     run = carbon.calculate("January")
    ...     print(run["totals"]["scope1_kg"])

    url     of the installation; ``token``: made there under Settings, API tokens
    lang    ``en`` or ``zh``: of what is said when something is wrong
    """

    def __init__(self, url: str, token: str, *, lang: str = "en", timeout_s: float = 60, **options: Any) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": lang}
        self._http = httpx.Client(base_url=f"{url.rstrip('/')}/api/v1", headers=headers, timeout=timeout_s, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes its connections."""
        self._http.close()

    # any call
    def get(self, path: str, **query: Any) -> Any:
        """What stands at a path: JSON as Python values, anything else as bytes."""
        return self._call("GET", path, params={name: value for name, value in query.items() if value is not None})

    def post(self, path: str, given: Mapping[str, Any] | None = None) -> Any:
        """Asks for a change; a call that had to be repeated is carried out once."""
        return self._call("POST", path, json=dict(given or {}))

    def put(self, path: str, given: Mapping[str, Any]) -> Any:
        """Puts something in the place of what is there."""
        return self._call("PUT", path, json=dict(given))

    def all(self, path: str, **query: Any) -> Iterator[Json]:
        """Every item of a list, page by page."""
        cursor: str | None = ""
        while cursor is not None:
            told = self.get(path, cursor=cursor, limit=500, **query)
            yield from told["items"]
            cursor = told["next"]

    def _call(self, method: str, path: str, **more: Any) -> Any:
        headers = {**more.pop("headers", {})}
        if method != "GET":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        pause = FIRST_PAUSE_S
        for left in reversed(range(TRIES)):
            try:
                answer = self._http.request(method, path, headers=headers, **more)
            except httpx.TransportError:
                if not left:
                    raise
            else:
                if (answer.status_code < 500 and answer.status_code != 429) or not left:
                    return _read(answer)
                if answer.status_code == 429:  # nothing was done: the server says how long to wait
                    time.sleep(_seconds(answer.headers.get("Retry-After", "")))
                    continue
            time.sleep(pause)
            pause *= 2
        raise AssertionError  # the last try returned or raised

    # what people do most
    def send(
        self, rows: str | Path | Iterable[Mapping[str, Any]] | Any, *, name: str, submit: bool = True, wait_s: float = 600,
        supersedes: str | None = None, sheets: list[Json] | None = None,
    ) -> Json:  # fmt: skip
        """Sends rows and takes them as far as somebody else's approval; the batch, with every problem that was found.

        rows    a file (CSV, NDJSON, Parquet, XLSX), a DataFrame, an Arrow table, or dicts
        sheets  how the file is read where the suggestion is wrong; see ``GET /batches/{id}/mapping``
        submit  False: only checked
        Rows that cannot be posted are left out and told in ``problems``; ApiError when no row can.
        """
        content, kind, file = _content(rows)
        query = {"name": name, "file": file, "supersedes": supersedes or ""}
        batch = self._call("POST", "/batches", params=query, content=content, headers={"Content-Type": kind})
        path = f"/batches/{batch['id']}"
        self._settled(path, wait_s)
        self.post(f"{path}/check", {"sheets": sheets or []})
        batch = self._settled(path, wait_s)
        if not submit:
            return batch
        if batch["next"] == "mend":
            raise ApiError(422, batch["problems"])
        self.post(f"{path}/submit")
        return self._settled(path, wait_s)

    def send_events(self, file: str | Path, *, what: str = "trades", propose: bool = True, wait_s: float = 600) -> Json:
        """Sends a file of the book of carbon assets and takes it as far as somebody else's decision; the file with its control totals.

        what     its template: ``trades``, ``events`` or ``green-power``
        propose  False: only looked at; ``next`` is then ``propose``
        ApiError with the refused rows, and nothing proposed, when one of them is refused.
        """
        path = Path(file)
        query, kind = {"file": path.name, "what": what}, {"Content-Type": "application/octet-stream"}
        made = self._call("POST", "/assets/files", params=query, content=path.read_bytes(), headers=kind)
        place = f"/assets/files/{made['id']}"
        made = self._settled(place, wait_s)
        if propose and made["next"] == "propose":
            self.post(f"{place}/propose")
            made = self._settled(place, wait_s)
        if made["next"] == "mend":
            raise ApiError(422, made["problems"])
        return made

    def calculate(self, name: str, *, wait_s: float = 3600, **options: Any) -> Json:
        """Calculates everything that is approved; options: first, last, gwp, as_of. The run, when it is done."""
        run = self.post("/runs", {"name": name, **{key: str(value) for key, value in options.items()}})
        until = time.monotonic() + wait_s
        while not run["done"]:
            self._still_on(run["job"], until)
            time.sleep(POLL_S)
            run = self.get(f"/runs/{run['id']}")
        return dict(run)

    def rows(self, run: str, **wanted: Any) -> Iterator[Json]:
        """The posted rows of a run, the largest first, as dicts with ``co2e_kg`` as Decimal."""
        for row in self.all(f"/runs/{run}/rows", **wanted):
            yield {**row, "co2e_kg": Decimal(row["co2e_kg"])}

    def explain(self, run: str, activity: str) -> Json:
        """Where one number comes from."""
        return dict(self.get(f"/runs/{run}/explanation", activity=activity))

    def download(self, run: str, name: str, to: str | Path) -> Path:
        """A file of a run, such as report.pdf, emissions.parquet, run.json, run.json.tlog-proof."""
        target = Path(to)
        target.write_bytes(self.get(f"/runs/{run}/files/{name}"))
        return target

    def fetch(self, source: int, *, dry: bool = False, wait_s: float = 600) -> Json:
        """Runs a source now; the run, when it is over. dry: nothing is kept, ``shown`` says what would come in."""
        run = self._call("POST", f"/sources/{source}/run", params={"dry": dry})
        until = time.monotonic() + wait_s
        while run["state"] in ("waiting", "running"):
            if time.monotonic() > until:
                raise TimeoutError("the work goes on there; ask again later")
            time.sleep(POLL_S)
            run = next(each for each in self.all(f"/sources/{source}/runs") if each["id"] == run["id"])
        return dict(run)

    def _settled(self, path: str, wait_s: float) -> Json:
        until = time.monotonic() + wait_s
        while True:
            batch = self.get(path)
            if batch["next"] != "job":
                return dict(batch)
            self._still_on(batch["job"], until)
            time.sleep(POLL_S)

    def _still_on(self, key: str | None, until: float) -> None:
        if key is not None:
            job = self.get(f"/jobs/{key}")
            if job["state"] in ("failed", "cancelled"):
                raise ApiError(422, job["problems"] or [_unsaid(job)])
        if time.monotonic() > until:
            raise TimeoutError("the work goes on there; ask again later")


def _unsaid(job: Json) -> dict[str, str]:
    mend = f"Look at the job, number {job['reference']}." if job["reference"] else "Try it again there."
    return {"code": f"job.{job['state']}", "reason": f"{job['title']}: {job['state']}.", "mend": mend}


def _seconds(told: str) -> float:
    """How long to wait before the next try, where the server limits calls."""
    return min(float(told), MOST_WAIT_S) if told.isdecimal() else FIRST_PAUSE_S


def _read(answer: httpx.Response) -> Any:
    is_json = answer.headers.get("Content-Type", "").startswith("application/json")
    if answer.is_success:
        return answer.json() if is_json else answer.content
    told = answer.json() if is_json else {}
    problems = told.get("problems") if isinstance(told, dict) else None
    raise ApiError(answer.status_code, problems or [{
        "code": f"http.{answer.status_code}", "reason": f"{answer.request.url}: {answer.status_code}.",
        "mend": "Check the address of the installation.",
    }])  # fmt: skip


def _content(rows: Any) -> tuple[bytes, str, str]:
    """Bytes, media type and file name. Exact: nothing goes through a binary fraction that was none before."""
    if isinstance(rows, str | Path):
        path = Path(rows)
        kind = KINDS.get(path.suffix.lower())
        if kind is None:
            raise ValueError(f"{path.name}: send one of {', '.join(KINDS)}")
        return path.read_bytes(), kind, path.name
    if hasattr(rows, "to_parquet"):  # a DataFrame
        into = io.BytesIO()
        rows.to_parquet(into, index=False)
        return into.getvalue(), KINDS[".parquet"], "rows.parquet"
    if hasattr(rows, "schema") and hasattr(rows, "num_rows"):  # an Arrow table
        import pyarrow.parquet as pq  # noqa: PLC0415  not needed for files and dicts

        into = io.BytesIO()
        pq.write_table(rows, into)
        return into.getvalue(), KINDS[".parquet"], "rows.parquet"
    lines = (json.dumps({name: _cell(value) for name, value in row.items()}, ensure_ascii=False) for row in rows)
    return "\n".join(lines).encode(), KINDS[".ndjson"], "rows.ndjson"


def _cell(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float) else str(value)
