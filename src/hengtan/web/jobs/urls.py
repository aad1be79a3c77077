"""Addresses of jobs."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("o/<slug:key>/jobs/", views.index, name="jobs"),
    path("o/<slug:key>/jobs/<int:pk>/", views.show, name="job"),
    path("o/<slug:key>/jobs/<int:pk>/retry/", views.retry, name="job-retry"),
    path("o/<slug:key>/jobs/<int:pk>/cancel/", views.cancel, name="job-cancel"),
]
