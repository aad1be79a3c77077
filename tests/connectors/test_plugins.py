"""Connectors against real files and real servers."""

import csv
import gzip
import os
import sqlite3
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hengtan.connectors.plugins import SECRET, Asked, Failed, Fetched, Reading, Readings, connectors, lacking
from hengtan.connectors.plugins.contract import Connector
from hengtan.connectors.plugins.mqtt import reading
from hengtan.connectors.plugins.registers import daily
from hengtan.connectors.plugins.sql import periods
from hengtan.problems import HengtanError
from hengtan.web.outbound import Outbound
from house.house import ROOT

from .servers import MOSQUITTO, SSHD, mqtt_broker, postgresql_server, sftp_server

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def asked(tmp_path):
    """Of the organisation 'k7'; what was handed out is seen from then on where ``marks`` is filled."""
    (tmp_path / "in/k7").mkdir(parents=True)
    work = tmp_path / "work"
    work.mkdir()
    marks = set()

    def ask(*allowed, now=NOW, dry=False):
        way = Outbound((f"file://{tmp_path}/in", *allowed), "k7")
        return Asked(way, now, SHANGHAI, work, marks.__contains__, dry)

    ask.marks, ask.home = marks, tmp_path / "in/k7"
    return ask


def fetched(name, settings, asked):
    """Everything, as (name, content, key) or (name, code)."""
    found = []
    for each in connectors()[name].fetch(settings, asked):
        if isinstance(each, Fetched):
            found.append((each.name, each.path.read_bytes(), each.key))
            asked.seen.__self__.add(each.mark)
        elif isinstance(each, Failed):
            found.append((each.name, each.problem.code))
        else:
            found.append(each)
    return found


def refused(name, settings, asked):
    with pytest.raises(HengtanError) as wrong:
        list(connectors()[name].fetch(settings, asked))
    return wrong.value.problems[0]


def aged(path, content=b"a,b\n", seconds=60):
    path.write_bytes(content)
    then = NOW.timestamp() - seconds
    os.utime(path, (then, then))


# what there is
def test_every_connector_is_found_by_its_entry_point_and_says_itself_in_both_languages():
    assert sorted(connectors()) == ["billing", "folder", "mqtt", "sftp", "sql"]
    for connector in connectors().values():
        told = [connector.title, connector.note, *(each.title for each in connector.fields)]
        told += [each.help for each in connector.fields if each.help]
        assert all(each["en"] and each["zh"] for each in told)
        for each in connector.fields:
            assert each.kind == SECRET or not any(word in each.name for word in ("password", "private", "secret"))


def test_a_connector_whose_extra_is_missing_says_the_line_that_installs_it():
    told = lacking(Connector({}, {}, (), lambda *_: iter(()), {"no_such_module": "sftp"}))
    assert "pip install 'hengtan[sftp]'" in told.mend("en")
    assert lacking(connectors()["sftp"]) is None


def test_the_page_of_extension_points_names_every_connector_and_what_the_contract_holds():
    for path in ("docs/extending.md", "docs/zh/extending.md"):
        page = (ROOT / path).read_text("utf-8")
        for name in [
            *connectors(),
            "hengtan.connectors",
            "Connector",
            "Field",
            "Fetched",
            "Failed",
            "Readings",
            "asked.reach",
        ]:
            assert name in page, (path, name)


# folder
def test_new_files_of_a_folder_come_in_the_order_of_their_making_and_once(asked):
    here = asked()
    aged(asked.home / "b.csv", b"2", 100)
    aged(asked.home / "a.xlsx", b"1", 200)
    aged(asked.home / "being-written.csv", b"3", 5)
    aged(asked.home / ".hidden.csv", b"4")
    aged(asked.home / "notes.txt", b"5")
    (asked.home / "sub.csv").mkdir()
    found = fetched("folder", {"folder": "."}, here)
    assert [(name, content) for name, content, _ in found] == [("a.xlsx", b"1"), ("b.csv", b"2"), ("notes.txt", b"5")]
    asked.marks.clear()
    assert [name for name, *_ in fetched("folder", {"folder": ".", "pattern": "*.csv, *.xlsx"}, here)] == [
        "a.xlsx",
        "b.csv",
    ]
    assert fetched("folder", {"folder": ".", "pattern": "*.csv, *.xlsx"}, here) == []
    aged(asked.home / "b.csv", b"changed", 50)
    assert [name for name, *_ in fetched("folder", {"folder": ".", "pattern": "*.csv"}, here)] == ["b.csv"]


def test_no_link_leads_out_of_the_folder(asked, tmp_path):
    here = asked()
    aged(tmp_path / "secret.csv", b"of the server")
    (asked.home / "link.csv").symlink_to(tmp_path / "secret.csv")
    assert fetched("folder", {"folder": "."}, here) == []
    assert refused("folder", {"folder": "../.."}, here).code == "outbound.folder"
    assert refused("folder", {"folder": "none"}, here).code == "source.no-folder"
    assert refused("folder", {"folder": ".", "settled_s": "soon"}, here).code == "source.setting"


# SFTP
@pytest.fixture
def sftp(tmp_path):
    if not SSHD.exists():
        pytest.fail("install openssh-server (requirements/debian.txt)")
    folder = tmp_path / "ssh"
    folder.mkdir(mode=0o755)
    with sftp_server(folder) as (port, host_key, key, user):
        there = tmp_path / "there"
        there.mkdir()
        yield {
            "host": "127.0.0.1", "port": str(port), "host_key": host_key, "user": user, "private_key": key, "folder": str(there),
            "pattern": "*.csv",
        }, there, folder  # fmt: skip


def test_files_of_a_real_sftp_server_come_once_and_are_left_alone(asked, sftp):
    settings, there, _ = sftp
    here = asked(f"sftp://127.0.0.1:{settings['port']}")
    aged(there / "march.csv", b"activity_id\n" * 100_000)
    aged(there / "now.csv", b"x", 0)
    [(name, content, key)] = fetched("sftp", settings, here)
    assert (name, len(content), key) == ("march.csv", 1_200_000, "")
    assert fetched("sftp", settings, here) == []
    assert (there / "march.csv").exists()


def test_a_server_with_another_key_gets_nothing_from_us(asked, sftp):
    settings, _, folder = sftp
    here = asked(f"sftp://127.0.0.1:{settings['port']}")
    other = " ".join((folder / "other.pub").read_text().split()[:2])
    assert refused("sftp", settings | {"host_key": other}, here).code == "source.host-key-other"
    unknown = refused("sftp", settings | {"host_key": ""}, here)
    assert unknown.code == "source.host-key"
    assert settings["host_key"] in unknown.reason("en")
    assert "Accepted" not in (folder / "sshd.log").read_text()


def test_who_is_not_let_in_or_may_not_go_there_is_told(asked, sftp):
    settings, _, folder = sftp
    here = asked(f"sftp://127.0.0.1:{settings['port']}")
    wrong = refused("sftp", settings | {"private_key": (folder / "other").read_text()}, here)
    assert wrong.code == "source.sign-in"
    assert "PRIVATE" not in wrong.sentence("en")
    assert refused("sftp", settings | {"private_key": "", "password": "no"}, here).code == "source.sign-in"
    assert refused("sftp", settings | {"folder": "/no/such"}, here).code == "source.no-folder"
    assert refused("sftp", settings, asked()).code == "outbound.not-allowed"
    assert refused("sftp", settings | {"private_key": "nonsense"}, here).code == "source.setting"


# SQL
QUERY = "SELECT id AS activity_id, plant AS facility, kwh AS quantity, day AS start FROM bills WHERE day BETWEEN :start AND :end ORDER BY id"


@pytest.fixture
def ledger(asked):
    path = asked.home / "erp.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE bills (id TEXT, plant TEXT, kwh NUMERIC, day TEXT)")
        db.executemany(
            "INSERT INTO bills VALUES (?, ?, ?, ?)",
            [("a", "宁波", 12.5, "2026-01-31"), ("b", "Ningbo", 3, "2026-02-01"), ("c", "x", 1, "2026-03-01")],
        )
    return {"url": "sqlite:///erp.db", "query": QUERY, "back": "2"}


def test_closed_periods_come_one_file_each_with_the_rows_that_the_query_finds(asked, ledger):
    found = fetched("sql", ledger, asked())
    assert [(name, key) for name, _, key in found] == [
        ("2026-01.csv", "period/2026-01"),
        ("2026-02.csv", "period/2026-02"),
    ]
    assert found[0][1].decode().splitlines() == ["activity_id,facility,quantity,start", "a,宁波,12.5,2026-01-31"]


def test_a_day_in_the_time_zone_of_the_source_is_closed_when_it_is_over_there():
    assert periods(date(2026, 3, 1), "day", 2) == [("2026-02-27", date(2026, 2, 27), date(2026, 2, 27)), ("2026-02-28", date(2026, 2, 28), date(2026, 2, 28))]  # fmt: skip
    assert [name for name, *_ in periods(date(2026, 1, 1), "month", 3)] == ["2025-10", "2025-11", "2025-12"]


@pytest.mark.parametrize(
    "query",
    ["DELETE FROM bills", "SELECT 1; DELETE FROM bills", "WITH x AS (SELECT 1) DELETE FROM bills", "DROP TABLE bills", "PRAGMA query_only = OFF",
     "ATTACH '/etc/passwd' AS x"],
)  # fmt: skip
def test_nothing_in_the_database_can_be_changed(asked, ledger, query):
    try:
        found = fetched("sql", ledger | {"query": query}, asked())
        assert all(code == "source.query" for _, code in found)
    except HengtanError as wrong:
        assert wrong.problems[0].code == "source.setting"
    assert sqlite3.connect(asked.home / "erp.db").execute("SELECT count(*) FROM bills").fetchone() == (3,)


def test_a_query_without_end_is_ended(asked, ledger):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    found = fetched("sql", ledger | {"query": endless, "limit_s": "1", "back": "1"}, asked())
    assert [code for _, code in found] == ["source.query"]
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    assert [code for _, code in fetched("sql", ledger | {"query": many, "back": "1"}, asked())] == [
        "source.too-many-rows"
    ]


@pytest.mark.parametrize(
    ("url", "code"),
    [("sqlite:////etc/passwd", "outbound.folder"), ("sqlite:///../other/erp.db", "outbound.folder"), ("sqlite:///none.db", "source.setting"),
     ("postgresql://10.0.0.1/x", "outbound.not-allowed"), ("postgresql:///x?host=/run/postgresql", "source.setting"),
     ("mysql://h/x?read_default_file=/etc/my.cnf", "source.setting"), ("redis://h/x", "source.setting"), ("nonsense", "source.setting"),
     ("postgresql://u:word@169.254.169.254/x", "outbound.not-allowed")],
)  # fmt: skip
def test_a_database_elsewhere_is_not_reached(asked, ledger, url, code):
    problem = refused("sql", ledger | {"url": url}, asked())
    assert problem.code == code
    assert "word" not in problem.sentence("en")


@pytest.fixture
def postgresql():
    with postgresql_server() as address:
        yield address


def test_a_real_postgresql_is_read_and_cannot_be_written(asked, postgresql):
    import psycopg

    with psycopg.connect(postgresql, autocommit=True) as db:
        db.execute("CREATE TABLE bills (id text, plant text, kwh numeric(20, 10), day date)")
        db.execute("INSERT INTO bills VALUES ('a', 'Ningbo', 12.0000000001, '2026-02-28')")
        db.execute("CREATE FUNCTION spend() RETURNS int LANGUAGE sql AS 'DELETE FROM bills; SELECT 1'")
        port = db.info.port
    here = asked(f"postgresql://127.0.0.1:{port}")
    settings = {"url": postgresql, "query": QUERY, "back": "1"}
    [(_, content, _)] = fetched("sql", settings, here)
    assert content.decode().splitlines()[1] == "a,Ningbo,12.0000000001,2026-02-28"
    for query in ("SELECT spend()", "WITH x AS (DELETE FROM bills RETURNING 1) SELECT * FROM x"):
        [(_, code)] = fetched("sql", settings | {"query": query}, here)
        assert code == "source.query"
    [(_, code)] = fetched("sql", settings | {"query": "SELECT pg_sleep(30)", "limit_s": "1"}, here)
    assert code == "source.query"
    assert refused("sql", settings, asked(f"postgresql://127.0.0.2:{port}")).code == "outbound.not-allowed"


# bills of clouds: synthetic files with the published columns
def rows_of(content):
    return list(csv.DictReader(content.decode().splitlines()))


AWS = "identity/LineItemId,bill/PayerAccountId,lineItem/UsageAccountId,lineItem/LineItemType,lineItem/UsageStartDate,lineItem/ProductCode,lineItem/UsageAmount,lineItem/CurrencyCode,lineItem/UnblendedCost,product/region,product/vcpu,pricing/unit\n"
AWS_ROWS = (
    "1,9,111,Usage,2026-01-03T00:00:00Z,AmazonEC2,10,USD,0.0416000000,eu-central-1,2,Hrs\n"
    "2,9,111,Usage,2026-01-04T00:00:00Z,AmazonEC2,1.5E1,USD,1E-10,eu-central-1,4,Hrs\n"
    "3,9,111,Tax,2026-01-04T00:00:00Z,AmazonEC2,1,USD,99,eu-central-1,,\n"
    "4,9,222,Usage,2026-02-04T00:00:00Z,AmazonS3,1,USD,5.5,,,GB\n"
    "5,9,222,Usage,2026-03-04T00:00:00Z,AmazonS3,1,USD,7,,,GB\n"
)


def test_a_bill_of_aws_becomes_spend_by_month_account_region_and_service(asked):
    half = AWS_ROWS.splitlines(keepends=True)
    aged(asked.home / "cur-00001.csv", (AWS + half[0]).encode())
    aged(asked.home / "cur-00002.csv.gz", gzip.compress((AWS + "".join(half[1:])).encode()))
    settings = {"folder": ".", "facility": "Cloud", "accounts": "222 = Archive", "price_index": "2026 = 0.9, 2022"}
    january, february = fetched("billing", settings, asked())
    assert (january[0], january[2]) == ("aws-2026-01.csv", "aws/spend/2026-01")
    [row] = rows_of(january[1])
    assert (row["quantity"], row["unit"], row["region"], row["facility"]) == (
        "0.0416000001",
        "USD_2026",
        "AWS-eu-central-1",
        "Cloud",
    )
    assert (row["activity_type"], row["start"], row["end"]) == ("spend.naics.518210", "2026-01-01", "2026-01-31")
    assert (row["method"], row["price_index"], row["price_year"]) == ("spend", "0.9", "2022")
    assert rows_of(february[1])[0]["facility"] == "Archive"
    assert fetched("billing", settings, asked()) == []  # seen; March is not over


def test_virtual_machines_of_aws_become_electricity_with_the_figure_that_is_given(asked):
    aged(asked.home / "cur.csv", (AWS + AWS_ROWS).encode())
    settings = {"folder": ".", "facility": "Cloud", "what": "electricity", "kwh_per_vcpu_hour": "0.01"}
    [(_, content, key)] = fetched("billing", settings, asked())
    [row] = rows_of(content)
    assert (row["quantity"], row["unit"], row["activity_type"], key) == (
        "0.80",
        "kWh",
        "cloud.electricity",
        "aws/electricity/2026-01",
    )
    assert refused("billing", settings | {"kwh_per_vcpu_hour": ""}, asked()).code == "source.setting"


def test_bills_of_azure_google_and_focus_are_known_by_their_columns(asked):
    aged(
        asked.home / "azure.csv",
        b"SubscriptionId,Date,MeterCategory,ResourceLocation,Quantity,CostInBillingCurrency,BillingCurrency,ChargeType\ns1,01/15/2026,Storage,westeurope,3,12.25,EUR,Usage\n",
    )
    google = pa.table({
        "usage_start_time": pa.array([datetime(2026, 1, 5, tzinfo=UTC)], pa.timestamp("us", "UTC")),
        "service": [{"id": "6F", "description": "Compute Engine"}], "project": [{"id": "p-1", "labels": [{"key": "a"}]}],
        "location": [{"region": "us-central1"}], "cost": [0.1], "currency": ["USD"], "cost_type": ["regular"],
    })  # fmt: skip
    pq.write_table(google, asked.home / "gcp.parquet")
    aged(
        asked.home / "focus.csv",
        b"BilledCost,BillingCurrency,ChargeCategory,ChargePeriodStart,RegionId,ServiceName,SubAccountId\n3.5,USD,Usage,2026-01-01T00:00:00Z,us-east-1,Lambda,7\n",
    )
    aged(asked.home / "gcp.parquet", (asked.home / "gcp.parquet").read_bytes())
    found = {
        name: rows_of(content)[0]
        for name, content, _ in fetched("billing", {"folder": ".", "facility": "Cloud"}, asked())
    }
    assert {name: (row["quantity"], row["unit"]) for name, row in found.items()} == {
        "azure-2026-01.csv": ("12.25", "EUR_2026"), "gcp-2026-01.csv": ("0.1", "USD_2026"), "focus-2026-01.csv": ("3.5", "USD_2026"),
    }  # fmt: skip
    assert found["gcp-2026-01.csv"]["region"] == "GCP-us-central1"
    assert found["focus-2026-01.csv"]["region"] == "AWS-us-east-1"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"a,b\n1,2\n", "source.form"), (b"", "source.unreadable"), ((AWS + AWS_ROWS.replace("0.0416000000", "much")).encode(), "source.cell"),
     ((AWS + AWS_ROWS.replace("2026-01-03", "soon")).encode(), "source.cell"), ((AWS + AWS_ROWS.replace("0.0416000000", "-9")).encode(), "source.negative"),
     ((AWS + AWS_ROWS.replace("0.0416000000", "NaN")).encode(), "source.cell"), (b"\xff\xfe\x00" * 50, "source.unreadable")],
)  # fmt: skip
def test_a_bill_that_is_not_whole_does_not_come_in(asked, content, code):
    aged(asked.home / "cur.csv", content)
    found = fetched("billing", {"folder": ".", "facility": "Cloud"}, asked())
    assert found[0][1] == code, found


# registers of meters
def shown(*cells, meter="m"):
    return [Reading(meter, datetime.fromisoformat(at).replace(tzinfo=SHANGHAI), Decimal(value)) for at, value in cells]


def test_what_was_used_on_a_day_is_the_difference_of_the_register_at_its_midnights():
    readings = shown(
        ("2026-03-01 00:00", "100.5"),
        ("2026-03-01 12:00", "110"),
        ("2026-03-02 00:05", "120.75"),
        ("2026-03-03 00:00", "121"),
    )
    found = daily("m", readings, NOW, SHANGHAI)
    assert [(each.first, each.last, each.quantity) for each in found.used] == [
        (date(2026, 3, 1), date(2026, 3, 1), Decimal("20.25")), (date(2026, 3, 2), date(2026, 3, 2), Decimal("0.25")),
    ]  # fmt: skip
    assert (found.told, found.closed) == ((), date(2026, 3, 3))
    assert daily("m", readings, NOW, SHANGHAI, found.closed, found.settled).used == ()


def test_a_late_reading_nearer_to_midnight_does_not_part_the_days():
    readings = shown(("2026-03-01 00:00", "100"), ("2026-03-02 00:09", "120"))
    before = daily("m", readings, NOW, SHANGHAI)
    late = shown(
        ("2026-03-01 00:00", "100"),
        ("2026-03-02 00:01", "119"),
        ("2026-03-02 00:09", "120"),
        ("2026-03-03 00:00", "150"),
    )
    after = daily("m", late, NOW, SHANGHAI, before.closed, before.settled)
    assert sum(each.quantity for each in (*before.used, *after.used)) == 50


def test_a_gap_is_one_row_for_its_days_and_told():
    readings = shown(("2026-03-01 00:00", "100"), ("2026-03-01 15:00", "130"), ("2026-03-04 00:00", "160"))
    found = daily("m", readings, NOW, SHANGHAI)
    assert [(str(each.first), str(each.last), each.quantity) for each in found.used] == [
        ("2026-03-01", "2026-03-03", 60)
    ]
    assert [(key, problem.code) for key, problem in found.told] == [("m/2026-03-01/gap", "source.meter-gap")]


def test_a_register_that_goes_back_is_told_and_what_was_used_is_not_guessed():
    readings = shown(
        ("2026-03-01 00:00", "999"), ("2026-03-01 10:00", "3"), ("2026-03-02 00:00", "5"), ("2026-03-03 00:00", "9")
    )
    found = daily("m", readings, NOW, SHANGHAI)
    assert [(str(each.first), each.quantity) for each in found.used] == [("2026-03-02", 4)]
    assert [problem.code for _, problem in found.told] == ["source.meter-reset"]


def test_a_day_that_is_not_over_is_not_closed():
    readings = shown(
        ("2026-03-09 00:00", "1"), ("2026-03-10 00:00", "2"), ("2026-03-10 15:59", "3"), ("2026-03-11 00:00", "4")
    )
    assert [str(each.first) for each in daily("m", readings, NOW, SHANGHAI).used] == ["2026-03-09"]
    just = datetime(2026, 3, 10, 0, 10, tzinfo=SHANGHAI)
    assert daily("m", readings, just, SHANGHAI).used == ()


def test_a_day_of_the_clock_change_is_a_day():
    berlin = ZoneInfo("Europe/Berlin")
    readings = [Reading("m", datetime(2025, 3, day, tzinfo=berlin), Decimal(day)) for day in (30, 31)]
    assert len(daily("m", readings, NOW, berlin).used) == 1


@pytest.mark.parametrize(
    ("payload", "settings"),
    [(b"{}", {"value": "v"}), (b"not a number", {}), (b'{"v": NaN}', {"value": "v"}), (b'{"v": -1}', {"value": "v"}), (b"[" * 50_000, {}),
     (b'{"v": 1e999}', {"value": "v"}), (b'{"v": true}', {"value": "v"}), (b'{"v": 1, "t": "soon"}', {"value": "v", "time": "t"}),
     (b'{"v": 1, "t": 1e30}', {"value": "v", "time": "t"}), (b'{"v": 1, "t": "2199-01-01T00:00:00Z"}', {"value": "v", "time": "t"}),
     (b"\xff\x00", {}), (b"1" * 100_000, {}), (b'{"v": [1]}', {"value": "v.x"})],
)  # fmt: skip
def test_a_message_that_is_no_reading_is_told(payload, settings):
    with pytest.raises(HengtanError) as wrong:
        reading("plant/1", payload, settings, SHANGHAI)
    assert wrong.value.problems[0].code == "source.message"


def test_a_reading_keeps_its_digits_and_its_time():
    got = reading(
        "m", b'{"d": [{"e": 12.3400000001}], "t": "2026-03-01T00:00:00"}', {"value": "d.0.e", "time": "t"}, SHANGHAI
    )
    assert (got.value, got.at) == (Decimal("12.3400000001"), datetime(2026, 2, 28, 16, tzinfo=UTC))
    assert reading("m", b'{"v": "7", "t": 1767225600000}', {"value": "v", "time": "t"}, UTC).at == datetime(
        2026, 1, 1, tzinfo=UTC
    )


# MQTT
@pytest.fixture
def broker(tmp_path):
    if not MOSQUITTO.exists():
        pytest.fail("install mosquitto (requirements/debian.txt)")
    folder = tmp_path / "mqtt"
    folder.mkdir(mode=0o755)
    with mqtt_broker(folder) as port:
        yield {
            "host": "127.0.0.1", "port": str(port), "safety": "mqtt", "user": "meter", "password": "copper 41", "client": "hengtan-1",
            "meters": "plant/+/energy = Plant 1, electricity, kWh", "value": "v", "time": "t", "listen_s": "2",
        }  # fmt: skip


def publish(settings, *messages, retain=False):
    from paho.mqtt import publish

    publish.multiple(
        [{"topic": topic, "payload": payload, "qos": 1, "retain": retain} for topic, payload in messages],
        hostname="127.0.0.1", port=int(settings["port"]), auth={"username": "meter", "password": "copper 41"},
    )  # fmt: skip


def at(hour):
    return f'{{"v": {100 + hour}, "t": "2026-03-01T{hour:02}:00:00Z"}}'


def test_a_real_broker_keeps_readings_until_they_are_kept_here(asked, broker):
    here = asked(f"mqtt://127.0.0.1:{broker['port']}")
    broker["listen_s"] = "1"
    assert fetched("mqtt", broker, here) == []  # the session begins
    publish(broker, *(("plant/7/energy", at(hour)) for hour in range(20)), ("plant/7/energy", "broken"), ("other", "1"))
    stream = connectors()["mqtt"].fetch(broker, here)
    first = next(stream)
    assert isinstance(first, Readings | Failed)
    stream.close()  # as when the process dies before they are kept

    found = fetched("mqtt", broker, here)
    kept = {each.at: each for item in found if isinstance(item, Readings) for each in item.readings}
    assert len(kept) == 20
    assert [item for item in found if not isinstance(item, Readings)] == [("plant/7/energy", "source.message")]
    assert found[0].what["plant/7/energy"] == {"facility": "Plant 1", "activity_type": "electricity", "unit": "kWh"}
    assert fetched("mqtt", broker, here) == []  # acknowledged


def test_a_dry_run_takes_nothing_from_the_broker(asked, broker):
    here, dry = asked(f"mqtt://127.0.0.1:{broker['port']}"), asked(f"mqtt://127.0.0.1:{broker['port']}", dry=True)
    broker["listen_s"] = "1"
    fetched("mqtt", broker, here)
    publish(broker, ("plant/7/energy", at(1)))
    fetched("mqtt", broker, dry)
    assert len(fetched("mqtt", broker, here)) == 1


def test_a_retained_message_without_a_time_is_no_reading(asked, broker):
    here = asked(f"mqtt://127.0.0.1:{broker['port']}")
    publish(broker, ("plant/7/energy", '{"v": 5}'), retain=True)
    assert fetched("mqtt", broker | {"time": "", "listen_s": "1"}, here) == []


def test_a_broker_that_does_not_let_in_or_is_not_allowed_is_told(asked, broker):
    here = asked(f"mqtt://127.0.0.1:{broker['port']}")
    assert refused("mqtt", broker | {"password": "wrong"}, here).code == "source.sign-in"
    assert refused("mqtt", broker, asked()).code == "outbound.not-allowed"
    assert refused("mqtt", broker | {"safety": "mqtts"}, asked("mqtts://127.0.0.1:*")).code == "outbound.no-answer"
    assert refused("mqtt", broker | {"meters": "plant"}, here).code == "source.setting"
    assert NOW - timedelta(days=1) < NOW
