"""The checkout sets itself up, and says kindly what is missing."""

import subprocess
import sys

from .house import ROOT, environment

SET_UP = ROOT / "scripts" / "set_up.py"


def test_an_old_python_is_told_which_one_is_needed():
    code = f"import runpy, sys; sys.version_info = (3, 9, 2); sys.argv = ['set_up.py', 'run']; runpy.run_path({str(SET_UP)!r}, run_name='__main__')"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.returncode == 1
    assert "Python 3.11 or newer" in told.stderr
    assert "make PYTHON=" in told.stderr


def test_what_is_missing_is_installed_by_root_and_named_to_everybody_else(tmp_path):
    (tmp_path / "apt-get").write_text('#!/bin/sh\necho "apt-get $*" >> "$0.log"\n')
    (tmp_path / "apt-get").chmod(0o755)
    for user, words in ((0, ""), (1000, "sudo apt-get install -y --no-install-recommends libgomp1")):
        code = (
            f"import runpy, os; os.geteuid = lambda: {user}; "
            f"runpy.run_path({str(SET_UP)!r})['install_debian'](['libgomp1'], 'tests need it')"
        )
        env = {**environment(), "PATH": f"{tmp_path}:{environment()['PATH']}"}
        told = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
        assert told.returncode == 0
        assert words in told.stderr
    log = (tmp_path / "apt-get.log").read_text()
    assert log.splitlines() == ["apt-get install -y --no-install-recommends libgomp1"]


def test_serve_without_its_extra_says_which_one_it_comes_with():
    code = "import sys, importlib.util as u; find = u.find_spec; u.find_spec = lambda name, *a: None if name == 'django' else find(name, *a); from hengtan.cli import main; main(['serve'])"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert told.returncode == 2
    assert "pip install 'hengtan[web]'" in told.stderr
    assert "Traceback" not in told.stderr
