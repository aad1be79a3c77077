"""What `hengtan check --deploy` finds: each thing that is unsafe is made, found by name, and no longer found when it is mended."""

import dataclasses
import json
import os
import re
import subprocess
import tomllib

import pytest
import yaml

from hengtan.problems import catalogue
from hengtan.web.configuration import Configuration
from hengtan.web.deployment import deployed
from hengtan.web.organisations.roles import Role
from house.house import BIN, ROOT, environment

SAFE = {
    "HENGTAN_PUBLIC_URL": "https://carbon.example.com", "HENGTAN_BEHIND_PROXY": "true",
    "HENGTAN_MAIL_URL": "smtps://user:word@mail.example.com", "HENGTAN_SECRET_KEY": "k3Jx9QpZ7vLw2RtY8uNs5MbC1dHfG6aEoXiKqTz4WcVnBmPlSj",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    return data


def codes(folder, **more):
    environ = {"HENGTAN_DATA": str(folder), **SAFE, **more}
    return {problem.code for problem in deployed(Configuration.read({k: v for k, v in environ.items() if v}))}


def test_a_safe_installation_has_only_what_is_to_be_minded(db, folder):
    assert codes(folder) <= {"deploy.sqlite", "deploy.disk", "deploy.database-superuser", "deploy.database-forgets"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"HENGTAN_PUBLIC_URL": ""}, "deploy.not-https"),
        ({"HENGTAN_PUBLIC_URL": "http://carbon.example.com"}, "deploy.not-https"),
        ({"HENGTAN_BEHIND_PROXY": ""}, "deploy.no-proxy"),
        ({"HENGTAN_ALLOWED_HOSTS": "a.example,*"}, "deploy.any-host"),
        ({"HENGTAN_SECRET_KEY": "secret"}, "deploy.key-weak"),
        ({"HENGTAN_SECRET_KEY": "ab" * 40}, "deploy.key-weak"),
        ({"HENGTAN_MAIL_URL": ""}, "deploy.no-mail"),
        ({"HENGTAN_MAIL_URL": "smtp://mail.example.com"}, "deploy.mail-open"),
    ],
)
def test_a_setting_that_is_unsafe_is_found(db, folder, given, code):
    assert code not in codes(folder)
    assert code in codes(folder, **given)


def test_what_others_can_read_is_found(db, folder):
    (folder / "secret-key").write_text("x")
    (folder / "secret-key").chmod(0o644)
    assert "deploy.folder-open" not in codes(folder)  # they do not get to it
    folder.chmod(0o755)
    assert "deploy.folder-open" in codes(folder)


def test_root_a_demo_and_a_full_disk_are_found(db, folder, monkeypatch):
    (folder / "demo-password").write_text("x")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("hengtan.web.deployment.FREE_GB", 1 << 40)
    assert {"deploy.root", "deploy.demo", "deploy.disk"} <= codes(folder)


def test_owners_without_a_second_factor_are_counted(company, folder):
    from allauth.mfa.models import Authenticator

    owner = company.people[Role.OWNER].user
    assert "deploy.no-second-factor" in codes(folder)
    Authenticator.objects.create(user=owner, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert "deploy.no-second-factor" in codes(folder)
    Authenticator.objects.create(user=owner, type=Authenticator.Type.TOTP, data={})
    assert "deploy.no-second-factor" not in codes(folder)


def asked(data, *words, **more):
    environ = {k: v for k, v in environment().items() if not k.startswith(("HENGTAN_", "DJANGO_", "DATABASE_"))}
    return subprocess.run(
        [BIN / "hengtan", "check", "--data", data, *words], env={**environ, **more}, capture_output=True, text=True
    )


def test_the_command_says_it_in_both_languages_and_writes_nothing(tmp_path):
    told = asked(tmp_path / "none", "--deploy")
    assert told.returncode == 3 and "HENGTAN_DATA" in told.stdout and not (tmp_path / "none").exists()
    (tmp_path / "empty").mkdir()
    told = asked(tmp_path / "empty", "--json", "--lang", "zh")
    assert told.returncode == 3, told.stderr
    assert [each["code"] for each in json.loads(told.stdout)] == ["deploy.no-database"]
    assert list((tmp_path / "empty").iterdir()) == []
    told = asked(tmp_path / "empty", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert told.returncode == 3 and "DATABASE_URL" in told.stdout and "Traceback" not in told.stdout + told.stderr


def test_every_finding_of_the_catalogue_is_made_somewhere():
    import inspect

    from hengtan.web import deployment

    text = inspect.getsource(deployment)
    assert {code for code in catalogue() if code.startswith("deploy.")} <= {
        word.strip('"') for word in text.replace("(", " ").replace(",", " ").replace(")", " ").split()
    }


def test_the_containers_are_told_what_the_settings_know_and_start_what_there_is():
    """No engine of containers is needed: names, settings and commands are compared with what they mean."""
    compose = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))
    services, known = (
        compose["services"],
        {f"HENGTAN_{each.name.upper()}" for each in dataclasses.fields(Configuration)},
    )
    for service in services.values():
        named = {each.partition(":")[0] for each in service["volumes"]}
        assert {each for each in named if not each.startswith(".")} <= set(compose["volumes"])
        assert all((ROOT / "deploy" / each).exists() for each in named if each.startswith("."))
        assert set(service.get("depends_on", {})) <= set(services)
    for name in ("hengtan", "worker"):
        told = services[name]
        assert {each for each in told["environment"] if each.startswith("HENGTAN_")} <= known
        assert (ROOT / "deploy" / told["build"]["context"] / told["build"]["dockerfile"]).is_file()
    assert services["worker"]["ports"] == [] and services["hengtan"]["ports"] == ["127.0.0.1:8000:8000"]
    start = json.loads(re.search(r"^CMD (\[.*\])$", (ROOT / "deploy/Dockerfile").read_text(), re.M).group(1))
    for line in (start, services["worker"]["command"]):
        said = subprocess.run(
            [BIN / line[0], line[1], "--help"], capture_output=True, text=True, env=environment()
        ).stdout
        assert all(each in said for each in line[2:] if each.startswith("--"))
    extras = re.search(r"/src\[([\w,]+)\]", (ROOT / "deploy/Dockerfile").read_text()).group(1).split(",")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(extras) <= set(project["optional-dependencies"])
