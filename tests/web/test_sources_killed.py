"""A real worker is killed while a source fetches; another one finishes, and every file came in once."""

import signal
from dataclasses import replace

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from hengtan.web.activities.models import Batch, State
from hengtan.web.organisations.roles import Role
from hengtan.web.sources import services
from hengtan.web.sources.models import SourceRun, Step, Taken
from hengtan.web.sources.services import Given

from .company import Company
from .importing import HEAD, forget_jobs, line
from .test_import_killed import until, worker

FILES = 12


@pytest.mark.browser  # processes and their start: too slow for every day
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_while_it_fetches_leaves_every_file_once(tmp_path, monkeypatch):
    shared = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "shared_cache"}
    with override_settings(CACHES={"default": shared}):  # the worker has it
        call_command("createcachetable", verbosity=0)
    company = Company("Yong River Works", "yong", roles=(Role.OWNER, Role.VIEWER))
    forget_jobs()
    monkeypatch.setattr(
        settings, "CONFIGURATION", replace(settings.CONFIGURATION, outbound_allow=(f"file://{tmp_path}",))
    )
    told = tmp_path / "hengtan.toml"
    told.write_text(f'outbound_allow = ["file://{tmp_path}"]\n')
    monkeypatch.setenv("HENGTAN_CONFIG", str(told))
    home = tmp_path / company.organisation.key
    home.mkdir()
    for number in range(FILES):
        (home / f"{number}.csv").write_text(HEAD + line(number, "yong plant 1"))
    source = services.make(company.people[Role.OWNER], "folder", Given("Bills", {"folder": ".", "settled_s": "0"}))
    run = services.run(source)
    mine = Taken.objects.filter(source=source)
    for least in (1, FILES // 2, None):  # killed early, killed later, left alone
        process = worker()
        try:
            if least is not None:
                until(lambda least=least: mine.count() >= least)
                process.send_signal(signal.SIGKILL)
                process.wait()
                assert Batch.objects.filter(name__startswith="Bills: ").count() == mine.count()
            else:
                until(lambda: mine.filter(step=Step.DONE).count() == FILES)
        finally:
            process.kill()
            process.wait()
    assert SourceRun.objects.get(pk=run.pk).state == "done"
    batches = Batch.objects.filter(name__startswith="Bills: ")
    assert sorted(batches.values_list("name", flat=True)) == sorted(f"Bills: {number}.csv" for number in range(FILES))
    assert set(batches.values_list("state", "rows_good")) == {(State.SUBMITTED, 1)}
