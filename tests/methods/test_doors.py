"""The example at the door of a package runs, and ``__all__`` is sorted and whole."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["hengtan.units", "hengtan.gases", "hengtan.methods", "hengtan.methods.equation"])
def test_the_example_runs(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted
    assert not result.failed


@pytest.mark.parametrize("name", ["hengtan.units", "hengtan.gases", "hengtan.methods"])
def test_the_door_is_whole(name):
    package = importlib.import_module(name)
    assert len(package.__all__) == len(set(package.__all__))
    assert all(hasattr(package, item) for item in package.__all__)
