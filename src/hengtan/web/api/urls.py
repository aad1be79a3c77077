"""The API, and the pages of its tokens."""

from __future__ import annotations

from django.urls import path

from . import pages
from .api import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("o/<slug:key>/tokens/", pages.index, name="tokens"),
    path("o/<slug:key>/tokens/new/", pages.new, name="token-new"),
    path("o/<slug:key>/tokens/<int:pk>/revoke/", pages.revoke, name="token-revoke"),
]
