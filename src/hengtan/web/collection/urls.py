"""Addresses of data collection."""

from __future__ import annotations

from django.urls import path

from . import feed, views

urlpatterns = [
    path("o/<slug:key>/collection/", views.board, name="collection"),
    path("o/<slug:key>/collection/new/", views.new, name="collection-new"),
    path("o/<slug:key>/collection/tasks/", views.tasks, name="tasks"),
    path("o/<slug:key>/collection/<int:pk>/", views.show, name="request"),
    path("o/<slug:key>/collection/<int:pk>/check/", views.check, name="request-check"),
    path("o/<slug:key>/collection/<int:pk>/act/", views.act, name="request-act"),
    path("o/<slug:key>/collection/series/<int:pk>/end/", views.series, name="series-end"),
    path("collection/feed/<str:token>.ics", feed.tasks, name="tasks-feed"),
]
