"""The application as a WSGI server wants it: ``granian --interface wsgi hengtan.web.wsgi:application``."""

from __future__ import annotations

import os
import threading

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hengtan.web.settings")
application = get_wsgi_application()

from hengtan.web.jobs.worker import watch  # noqa: E402  with the models that it needs
from hengtan.web.start import SERVED_BY  # noqa: E402


def _warm() -> None:
    """The engine is opened once before the first person asks for rows: the first time costs a second."""
    import pyarrow.acero  # noqa: F401, PLC0415  which sums large runs

    from hengtan.engine import asking  # noqa: PLC0415  beside the first requests, not before them

    with asking():
        pass


if os.environ.get(SERVED_BY) == str(
    os.getppid()
):  # `hengtan serve`: a server without it would keep the port, and no worker
    threading.Thread(target=watch, args=(os.getppid(), threading.Event()), daemon=True).start()
get_resolver().url_patterns  # noqa: B018  all pages are loaded before the first request
threading.Thread(target=_warm, daemon=True).start()
