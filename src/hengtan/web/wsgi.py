"""The application as a WSGI server wants it: ``granian --interface wsgi hengtan.web.wsgi:application``."""

from __future__ import annotations

import os
import threading

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from .jobs.beside import watch
from .start import SERVED_BY

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hengtan.web.settings")
application = get_wsgi_application()


def _warm() -> None:
    """The engine is opened once before the first person asks for rows: the first time costs a second."""
    import pyarrow.acero  # noqa: F401, PLC0415  which sums large runs

    from hengtan.engine import asking  # noqa: PLC0415  beside the first requests, not before them

    with asking():
        pass


parent = os.getppid()  # without a killed `hengtan serve` it would keep the port, and answer with no worker
if os.environ.get(SERVED_BY) == str(parent):
    threading.Thread(target=watch, args=(parent, threading.Event()), daemon=True).start()
get_resolver().url_patterns  # noqa: B018  all pages are loaded before the first request
threading.Thread(target=_warm, daemon=True).start()
