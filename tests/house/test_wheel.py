"""What is given away."""

import subprocess
import sys
import zipfile

import pytest

from .house import ROOT, SRC, environment, kept

LARGEST = 10_000_000


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    told = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_is_under_ten_megabytes(wheel):
    assert wheel.stat().st_size < LARGEST


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel):
    ours = {path.relative_to(SRC.parent).as_posix() for path in kept() if path.is_relative_to(SRC)}
    ours |= {
        f"hengtan/web/{path.relative_to(ROOT).as_posix()}"  # what `hengtan serve --demo` shows
        for path in kept()
        if any(path.is_relative_to(ROOT / "examples" / each) for each in ("toronto", "ningbo", "sector", "ets"))
    }
    there = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert there == ours
    assert "hengtan/py.typed" in there


def test_the_wheel_carries_licence_and_attributions(wheel):
    names = {name.rsplit("/", 1)[-1] for name in zipfile.ZipFile(wheel).namelist()}
    assert {"LICENSE", "NOTICE"} <= names


def test_hengtan_runs_from_the_wheel_alone(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import hengtan.factors as f; assert f.__file__.startswith({str(tmp_path)!r}); print(f.open_library().get('CN-EL-AVG-CN-2023').co2_kg)"
    told = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert told.stdout.strip() == "0.5306", told.stderr
