"""Makes ``.venv`` in the checkout fit the lock: ``set_up.py run`` for using hengtan, ``set_up.py dev`` for tests and docs too.

Standard library only. Does nothing when the environment already fits. Two of them at the same time wait for each other.
uv installs when it can be had, else pip; both check the hashes in ``requirements/``.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

WANTED = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
BASE = getattr(sys, "_base_executable", None) or sys.executable  # not the one in .venv, should that be active
LOCKS = {"run": "run.txt", "dev": "dev.txt"}


def say(text: str) -> None:
    """Tell on standard error, so that what a target prints stays clean."""
    print(f"[set-up] {text}", file=sys.stderr, flush=True)


def run(*command: object, quiet: bool = False, env: "dict[str, str] | None" = None) -> bool:
    """True when the command succeeded; with ``quiet`` its words are kept back unless HENGTAN_SET_UP_VERBOSE is set."""
    hush = subprocess.DEVNULL if quiet and not os.environ.get("HENGTAN_SET_UP_VERBOSE") else None
    return (
        subprocess.run(
            [str(word) for word in command],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=hush or sys.stderr,
            stderr=hush,
            env=env,
        ).returncode
        == 0
    )


def fingerprint(level: str) -> str:
    """What the environment depends on: the locks, the project file, the place of the checkout, the Python."""
    parts = [sys.version, str(ROOT)]
    named = [f"requirements/{LOCKS[level]}", "pyproject.toml", *(["requirements/debian.txt"] if level == "dev" else [])]
    parts += [(ROOT / name).read_text("utf-8") for name in named]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def fits(level: str) -> bool:
    """The environment was made from this very lock, here, and still starts. One set up for ``dev`` is fit to ``run``."""
    levels = ("run", "dev") if level == "run" else ("dev",)
    return (VENV / "bin" / "hengtan").exists() and any(
        stamp(each).exists() and stamp(each).read_text("utf-8") == fingerprint(each) for each in levels
    )


def stamp(level: str) -> Path:
    """Where it is noted what the environment was made from."""
    return VENV / f".set-up-{level}"


@contextmanager
def alone():
    """One set-up at a time in a checkout."""
    import fcntl

    with (ROOT / ".set-up.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("waiting for another set-up of this checkout ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def make_venv() -> None:
    """A virtual environment with pip; an old one that no longer starts, or has another Python, makes way."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if VENV.exists():
        code = (
            f"import sys, pip; sys.exit('%d.%d' % sys.version_info[:2] != '{version}' or sys.prefix != {str(VENV)!r})"
        )
        if PYTHON.exists() and run(PYTHON, "-c", code, quiet=True):
            return
        say(".venv does not fit this checkout any more: making a new one")
        shutil.rmtree(VENV)
    say(f"making .venv with Python {version}")
    if run(BASE, "-m", "venv", VENV, quiet=True):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    install_debian(["python3-venv"], "Python's venv module is not whole here")
    if not run(BASE, "-m", "venv", VENV):
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit("[set-up] python3 -m venv failed; on Debian or Ubuntu: apt-get install python3-venv")


def install_debian(packages: "list[str]", why: str) -> None:
    """apt-get install as root, else the line to run."""
    line = "apt-get install -y --no-install-recommends " + " ".join(packages)
    if not shutil.which("apt-get") or os.geteuid() != 0:
        say(f"{why}. Please run: {'' if os.geteuid() == 0 else 'sudo '}{line}")
        return
    say(f"{why}: {line}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if not run(*line.split(), quiet=True, env=env):
        run("apt-get", "update", quiet=True, env=env)
        if not run(*line.split(), quiet=True, env=env):
            say(f"could not install {' '.join(packages)}; please run by hand: {line}")


def missing_debian() -> "list[str]":
    """Packages of ``requirements/debian.txt`` whose telling file is not there."""
    missing = []
    for line in (ROOT / "requirements/debian.txt").read_text("utf-8").splitlines():
        words = line.split("#")[0].split()
        if len(words) == 2 and not any(Path("/").glob(words[1].lstrip("/"))):
            missing.append(words[0])
    return missing


def install_with_uv(lock: Path) -> bool:
    """True when uv could be had and did it. It is pointed at the mirror that pip uses, if any."""
    uv = VENV / "bin" / "uv"
    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check")
    wanted = fingerprint_of_uv()
    known = VENV / ".set-up-uv"
    if not (uv.exists() and known.exists() and known.read_text("utf-8") == wanted):
        if not run(*pip, "install", "--quiet", "--require-hashes", "-r", "requirements/uv.txt", quiet=True):
            return False
        known.write_text(wanted, "utf-8")
    env = dict(os.environ)
    if not any(name in env for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE")):
        mirror = (
            env.get("PIP_INDEX_URL")
            or subprocess.run(
                [str(word) for word in (*pip, "config", "get", "global.index-url")],
                cwd=ROOT,
                capture_output=True,
                text=True,
            ).stdout.strip()
        )
        if mirror:
            env["UV_DEFAULT_INDEX"] = mirror
    install = (uv, "pip", "install", "--quiet", "--python", PYTHON)
    return run(*install, "--require-hashes", "-r", lock, quiet=True, env=env) and run(
        *install, "--no-deps", "--no-build-isolation", "--offline", "-e", ".", quiet=True, env=env
    )


def fingerprint_of_uv() -> str:
    """Which uv is asked for."""
    return hashlib.sha256((ROOT / "requirements/uv.txt").read_bytes()).hexdigest()


def install_with_pip(lock: Path) -> bool:
    """The slower way, with what every Python brings."""
    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "-qq")
    return run(*pip, "--require-hashes", "-r", lock) and run(*pip, "--no-deps", "--no-build-isolation", "-e", ".")


def main(level: str) -> None:
    """Bring the environment to ``level``, or stop with a sentence that says how to mend it."""
    if fits(level):
        return
    with alone():
        if fits(level):
            return
        began = time.monotonic()
        make_venv()
        lock = ROOT / "requirements" / LOCKS[level]
        say(f"installing requirements/{lock.name} (once; about a minute)")
        if level == "dev":
            missing = missing_debian()
            if missing:
                install_debian(missing, "the tests need more than Python packages")
        wanted = fingerprint(level)
        if os.environ.get("HENGTAN_SET_UP_WITH") == "pip" or not install_with_uv(lock):
            say("uv cannot do it here; installing with pip, which takes longer")
            if not install_with_pip(lock):
                sys.exit(
                    "[set-up] the packages could not be installed. Is there a network, or a package mirror (pip config)?"
                )
        stamp(level).write_text(wanted, "utf-8")
        say(f"ready after {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    if sys.version_info < WANTED:
        sys.exit(
            "[set-up] hengtan needs Python 3.11 or newer; %s is %d.%d. Give another one: make PYTHON=/path/to/python3.12 ..."
            % (sys.executable, sys.version_info[0], sys.version_info[1])
        )
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:
        sys.exit("usage: set_up.py run|dev")
    main(sys.argv[1])
