"""A process that does jobs: Django set up, then the worker."""

from __future__ import annotations

import os
import sys

import django


def main() -> int:
    """Beside the process whose id is given, or alone; of which lane of jobs may follow."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hengtan.web.settings")
    django.setup()
    if hasattr(os, "nice"):
        os.nice(5)  # who waits for a page comes before who waits for a job
    from .worker import Lane, work  # noqa: PLC0415  needs Django set up

    return work(int(sys.argv[1]) if sys.argv[1:] else 0, Lane(sys.argv[2]) if sys.argv[2:] else Lane.HERE)
