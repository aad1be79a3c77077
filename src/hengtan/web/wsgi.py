"""The application as a WSGI server wants it: ``granian --interface wsgi hengtan.web.wsgi:application``."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hengtan.web.settings")
application = get_wsgi_application()
