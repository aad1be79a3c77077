"""A package opens with a paragraph and a short door."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import django_ready  # noqa: F401  models are known to an installation
import hengtan

MODULES = [
    "hengtan",
    *(each.name for each in pkgutil.walk_packages(hengtan.__path__, "hengtan.") if not each.name.endswith("__main__")),
]
PACKAGES = ["hengtan", *(each.name for each in pkgutil.walk_packages(hengtan.__path__, "hengtan.") if each.ispkg)]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0, f"run: python -m doctest of {name}"


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_what_it_is(name):
    assert (importlib.import_module(name).__doc__ or "").strip()


@pytest.mark.parametrize("name", PACKAGES)
def test_the_door_of_a_package_is_whole_and_every_public_thing_says_what_it_is(name):
    package = importlib.import_module(name)
    names = list(getattr(package, "__all__", []))
    assert len(names) == len(set(names))
    assert [public for public in names if not hasattr(package, public)] == []
    things = [(public, getattr(package, public)) for public in names]
    silent = [
        public
        for public, thing in things
        if (inspect.isclass(thing) or inspect.isfunction(thing)) and not (thing.__doc__ or "").strip()
    ]
    assert silent == []
