"""Long work: asked for, done, told, tried again; also when its worker dies."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from hengtan.problems import HengtanError, Problem
from hengtan.web.accounts.models import User
from hengtan.web.jobs import registry, services, worker
from hengtan.web.jobs.models import Job, State
from hengtan.web.jobs.progress import Lost, Progress
from hengtan.web.organisations.roles import Role
from house.house import BIN, environment

from .serving import serving


@pytest.fixture
def company(company):
    """With one job that waits."""
    Job.objects.exclude(pk=company.job.pk).delete()
    return company


@pytest.fixture
def does(monkeypatch):
    """Registers what the kind ``tried.work`` does."""
    monkeypatch.setattr(registry, "HANDLERS", dict(registry.HANDLERS))
    monkeypatch.setattr(worker, "HANDLERS", registry.HANDLERS)

    def register(run):
        registry.handler("tried.work", title="Trying", phases={"counting": "counting rows"})(run)

    return register


def state(job):
    job.refresh_from_db()
    return job.state


def test_a_job_is_done_and_its_result_is_kept(company, does):
    does(lambda job, progress: {"said": job.arguments["whose"]})
    assert state(company.job) == State.QUEUED
    assert worker.run_one().pk == company.job.pk
    assert state(company.job) == State.DONE
    assert company.job.result == {"said": "yong"}
    assert worker.run_one() is None


def test_what_is_rolled_back_was_never_asked_for(company):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.enqueue(company.organisation, "tried.work", {}, company.people[Role.OWNER].user)
        raise ZeroDivisionError
    assert Job.objects.count() == 1


def test_progress_is_told_at_most_twice_a_second_and_at_each_phase(company, does, monkeypatch):
    clock, stored = [100.0], []
    monkeypatch.setattr("hengtan.web.jobs.progress.time.monotonic", lambda: clock[0])

    def run(job, progress):
        for rows in range(1, 11):
            progress.at("counting", rows, 10)
            clock[0] += 0.2
            stored.append(Job.objects.get(pk=job.pk).done)
        progress.at("writing")
        assert Job.objects.get(pk=job.pk).phase == "writing"

    does(run)
    worker.run_one()
    assert stored == [1, 1, 1, 4, 4, 4, 7, 7, 7, 10]
    assert state(company.job) == State.DONE


def test_what_a_person_gave_wrong_is_told_in_both_languages_with_its_code(company, does):
    def run(_job, _progress):
        raise HengtanError(
            Problem("activity.quantity-negative", file="b.csv", row=3, column="quantity", values={"quantity": "-5"})
        )

    does(run)
    worker.run_one()
    assert state(company.job) == State.FAILED
    address = company.url(f"jobs/{company.job.pk}/")
    english = company.client().get(address).content.decode()
    assert "The quantity -5 is below zero." in english
    assert "activity.quantity-negative" in english
    User.objects.update(language="zh-hans")
    assert "b.csv，第 3 行" in company.client().get(address).content.decode()


def test_an_internal_error_shows_a_reference_that_is_in_the_log_and_no_trace(company, does, caplog):
    def run(_job, _progress):
        raise RuntimeError("the secret inside")

    does(run)
    worker.run_one()
    assert state(company.job) == State.FAILED
    page = company.client().get(company.url(f"jobs/{company.job.pk}/")).content.decode()
    assert company.job.reference in page
    assert company.job.reference in caplog.text
    assert "secret inside" not in page
    does(lambda job, progress: None)
    company.client().post(company.url(f"jobs/{company.job.pk}/retry/"))
    assert state(company.job) == State.QUEUED
    worker.run_one()
    assert state(company.job) == State.DONE


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_at_its_next_step(company, does):
    company.client().post(company.url(f"jobs/{company.job.pk}/cancel/"))
    assert state(company.job) == State.CANCELLED
    reached = []

    def run(job, progress):
        services.cancel(Job.objects.get(pk=job.pk))
        progress.at("counting", 1, 2)
        reached.append("further")

    does(run)
    services.retry(company.job)
    worker.run_one()
    assert state(company.job) == State.CANCELLED
    assert reached == []
    assert services.cancel(company.job) is False


def test_a_job_goes_back_when_its_worker_is_told_to_stop(company, does):
    does(lambda job, progress: progress.at("counting"))
    worker.run_one(stopping=lambda: True)
    assert state(company.job) == State.QUEUED
    assert company.job.attempts == 0


def test_a_job_whose_worker_died_is_taken_again_and_what_the_dead_one_says_is_not_heard(company, does):
    ours = worker.claim("elsewhere/1")
    assert worker.claim() is None
    Job.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=61))
    does(lambda job, progress: {"by": "the second"})
    assert worker.run_one().result == {"by": "the second"}
    does(lambda job, progress: {"by": "the first"})
    worker._attempt(ours, Progress(ours))
    company.job.refresh_from_db()
    assert company.job.result == {"by": "the second"}


def test_a_worker_that_was_thought_dead_while_it_worked_is_not_heard_when_it_ends(company, does):
    def slow(_job, _progress):
        Job.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=61))
        does(lambda job, progress: {"by": "the second"})
        worker.run_one()
        return {"by": "the first"}

    does(slow)
    worker.run_one()
    assert state(company.job) == State.DONE
    assert company.job.result == {"by": "the second"}


def test_a_result_is_kept_by_one_attempt_alone(company, does):
    ours = worker.claim("elsewhere/1")
    Job.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=61))
    worker.claim("elsewhere/2")
    with pytest.raises(Lost), transaction.atomic():
        Progress(ours).hold()


def test_a_dead_worker_of_this_machine_is_seen_at_once(company):
    with worker.named() as name:
        job = worker.claim(name)
        assert worker.alive(name)
        assert worker.claim() is None
    assert worker.claim().pk == job.pk


def test_a_job_that_ends_its_workers_is_given_up(company):
    for _ in range(3):
        assert worker.claim("elsewhere/1") is not None
        Job.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=61))
    assert worker.claim() is None
    assert state(company.job) == State.FAILED
    assert company.job.reference


def test_the_fragment_asks_each_second_until_it_is_over_and_then_the_page_loads_again(company, does):
    client, address = company.client(), company.url(f"jobs/{company.job.pk}/")
    running = client.get(address, headers={"HX-Request": "true"})
    assert running.status_code == 200
    assert "every 1s" in running.content.decode()
    assert "<html" not in running.content.decode()
    does(lambda job, progress: None)
    worker.run_one()
    over = client.get(address, headers={"HX-Request": "true"})
    assert over.status_code == 286
    assert over["HX-Refresh"] == "true"
    assert "every 1s" not in over.content.decode()


def test_a_contributor_sees_own_jobs_and_nobody_stops_those_of_others_who_may_not(company):
    address = company.url(f"jobs/{company.job.pk}/")
    assert company.client(Role.CONTRIBUTOR).get(address).status_code == 404
    assert company.client(Role.AUDITOR).get(address).status_code == 200
    assert company.client(Role.AUDITOR).post(address + "cancel/").status_code == 404
    assert state(company.job) == State.QUEUED
    assert company.client(Role.MANAGER).post(address + "cancel/").status_code == 302
    assert "Trying" not in company.client(Role.AUDITOR).get(company.url("jobs/")).content.decode()


def test_what_waits_for_other_systems_holds_up_nothing_and_has_a_process_of_its_own(company, does, monkeypatch):
    does(lambda _job, _progress: None)
    registry.handler("tried.fetch", elsewhere=True)(lambda _job, _progress: None)
    started = []

    class Process:
        def __init__(self, command, **_more):
            started.append(command)
            self.over = None

        def poll(self):
            return self.over

        def terminate(self):
            self.over = 0

        def wait(self, _seconds=None):
            return self.over

    monkeypatch.setattr(worker.subprocess, "Popen", Process)
    second = worker._Second()
    second.look()
    assert started == []  # nothing waits for others
    fetch = services.enqueue(company.organisation, "tried.fetch", {}, company.job.created_by)
    company.job.delete()
    import_ = services.enqueue(company.organisation, "tried.work", {}, fetch.created_by)  # asked for after the fetch
    second.look()
    second.look()
    assert len(started) == 1 and started[0][-2:] == [str(os.getpid()), "elsewhere"]
    assert worker.run_one(lane=worker.Lane.HERE).pk == import_.pk
    assert worker.run_one(lane=worker.Lane.HERE) is None
    assert state(fetch) == State.QUEUED
    assert worker.run_one(lane=worker.Lane.ELSEWHERE).pk == fetch.pk
    assert worker.run_one(lane=worker.Lane.ELSEWHERE) is None
    services.enqueue(company.organisation, "tried.fetch", {}, fetch.created_by)
    second.process.over = -9  # it died
    second.look()
    assert len(started) == 2
    with second:
        pass
    assert second.process.over == 0


def test_fetching_and_sending_wait_for_other_systems():
    assert {"sources.run", "webhooks.send"} <= set(registry.elsewhere())


def processes(words):
    """Ids of the living processes whose command line holds these words, by the id of their parent."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            line = (folder / "cmdline").read_text()
        except OSError:
            continue
        if words in line and fields[0] != "Z":
            found[int(folder.name)] = int(fields[1])
    return found


def workers_of(server):
    return [pid for pid, parent in processes("jobs.process").items() if parent == server]


def until(true, seconds=600):
    end = time.monotonic() + seconds
    while not (told := true()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return told


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc who is whose child")
def test_the_worker_beside_the_server_is_started_again_and_ends_with_it_also_when_that_is_killed(tmp_path):
    with serving(tmp_path / "data") as (_address, _first_run, _log):
        (server,) = (pid for pid in processes(str(tmp_path)) if workers_of(pid))
        (first,) = workers_of(server)
        os.kill(first, signal.SIGKILL)
        (second,) = until(lambda: [pid for pid in workers_of(server) if pid != first])
        os.kill(server, signal.SIGKILL)
        until(lambda: second not in processes("jobs.process"))
        until(lambda: not processes(str(tmp_path)))  # nor does its server keep the port


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc who is whose child")
def test_a_worker_of_several_jobs_at_once_has_a_process_for_each_and_all_end_with_it(tmp_path):
    environ = {k: v for k, v in environment().items() if not k.startswith(("HENGTAN_", "DJANGO_", "DATABASE_"))}
    command = [sys.executable, BIN / "hengtan", "worker", "--data", tmp_path / "data", "--jobs", "2"]
    process = subprocess.Popen(command, env=environ, cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        until(lambda: len(workers_of(process.pid)) == 2)
        killed = workers_of(process.pid)[0]
        os.kill(killed, signal.SIGKILL)
        until(lambda: len(set(workers_of(process.pid)) - {killed}) == 2)
        mine = workers_of(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(600) == 0
        until(lambda: not set(mine) & set(processes("jobs.process")))
    finally:
        process.kill()
