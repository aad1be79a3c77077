"""The API as an app of Django."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    """Tokens and answers that were given."""

    name = "hengtan.web.api"
    label = "api"
    verbose_name = _("API")
