"""An installation with two companies that know nothing of each other."""

import pytest
from django.core.cache import cache
from django.utils import translation

import django_ready  # noqa: F401  before anything of Django
from hengtan.web.api.door import CALLS, FAILURES

from .company import Company


@pytest.fixture(autouse=True)
def fresh():
    cache.clear()
    for limit in (CALLS, FAILURES):
        limit._held.clear()  # tokens of other tests had the same numbers
    with translation.override("en"):
        yield


@pytest.fixture
def company(db):
    """Two units, three facilities, one person of each role."""
    return Company("Yong River Works", "yong")


@pytest.fixture
def stranger(db):
    """Another tenant."""
    return Company("Maple Foods", "maple")
