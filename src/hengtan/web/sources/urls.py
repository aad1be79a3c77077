"""Addresses of sources."""

from __future__ import annotations

from django.urls import path

from . import pages

urlpatterns = [
    path("o/<slug:key>/sources/", pages.index, name="sources"),
    path("o/<slug:key>/sources/new/", pages.new, name="source-new"),
    path("o/<slug:key>/sources/<int:pk>/", pages.show, name="source"),
    path("o/<slug:key>/sources/<int:pk>/edit/", pages.edit, name="source-edit"),
    path("o/<slug:key>/sources/<int:pk>/do/", pages.act, name="source-do"),
    path("o/<slug:key>/sources/runs/<int:pk>/", pages.one_run, name="source-run"),
    path("o/<slug:key>/sources/issues/<int:pk>/", pages.issue, name="source-issue"),
]
