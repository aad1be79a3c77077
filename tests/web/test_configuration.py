"""What an installation may set."""

import stat

import pytest

from hengtan.web import Configuration, MisconfiguredError
from hengtan.web.configuration import kept


def read(tmp_path, text="", **environ):
    file = tmp_path / "hengtan.toml"
    file.write_text(text)
    return Configuration.read({"HENGTAN_CONFIG": str(file), **environ})


def test_the_environment_is_stronger_than_the_file_and_the_file_than_the_default(tmp_path):
    text = 'public_url = "https://a.example/"\nlanguage = "zh"'
    assert read(tmp_path).language == "en"
    assert read(tmp_path, text).language == "zh"
    assert read(tmp_path, text, HENGTAN_LANGUAGE="en").language == "en"
    assert read(tmp_path, text).public_url == "https://a.example"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('databaseurl = "x"', "did you mean database_url?"),
        ('database_url = "mysql://x/y"', "postgresql://"),
        ('public_url = "carbon.example.com"', "the whole address"),
        ('mail_url = "imap://x"', "smtp://"),
        ('language = "fr"', "en or zh"),
        ("behind_proxy = 3", "true or false"),
        ("api_calls = 0", "from 1 to 1000000"),
        ('api_calls = "many"', "how often in a minute"),
        ("language = [", "hengtan.toml"),
    ],
)
def test_a_wrong_setting_is_named_and_how_to_mend_it(tmp_path, text, said):
    with pytest.raises(MisconfiguredError, match=said.replace("?", r"\?")):
        read(tmp_path, text)


def test_sqlite_waits_for_the_medium_and_takes_its_lock_when_a_transaction_begins(tmp_path):
    options = read(tmp_path, HENGTAN_DATA=str(tmp_path)).database()["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]
    assert "synchronous=FULL" in options["init_command"]


def test_a_database_url_is_postgresql_with_its_parts(tmp_path):
    database = read(tmp_path, DATABASE_URL="postgresql://me:p%40ss@db.example:5433/carbon?sslmode=require").database()
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", "5433", "carbon")
    assert database["PASSWORD"] == "p@ss"
    assert database["OPTIONS"] == {"sslmode": "require"}


def test_a_mail_url_says_how_it_is_encrypted(tmp_path):
    mail = read(tmp_path, HENGTAN_MAIL_URL="smtp+tls://me:pw@mail.example").mail()
    assert (mail["EMAIL_HOST"], mail["EMAIL_PORT"], mail["EMAIL_USE_TLS"]) == ("mail.example", 587, True)
    assert "console" in read(tmp_path).mail()["EMAIL_BACKEND"]


def test_what_is_kept_is_written_once_and_for_the_owner_alone(tmp_path):
    assert kept(tmp_path / "key", "first") == "first"
    assert kept(tmp_path / "key", "second") == "first"
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_reading_the_configuration_writes_nothing(tmp_path):
    configuration = read(tmp_path, HENGTAN_DATA=str(tmp_path / "data"))
    assert configuration.key() != configuration.key()
    assert not (tmp_path / "data").exists()
