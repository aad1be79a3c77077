"""Addresses of runs."""

from __future__ import annotations

from django.urls import path

from . import comparing, explaining, rows, views

urlpatterns = [
    path("o/<slug:key>/inventory/", views.inventory, name="inventory"),
    path("o/<slug:key>/runs/", views.index, name="runs"),
    path("o/<slug:key>/runs/new/", views.new, name="run-new"),
    path("o/<slug:key>/runs/<int:pk>/", views.show, name="run"),
    path("o/<slug:key>/runs/<int:pk>/choose/", views.choose, name="run-choose"),
    path("o/<slug:key>/runs/<int:pk>/file/", views.file, name="run-file"),
    path("o/<slug:key>/runs/<int:pk>/facilities/", rows.facilities, name="run-facilities"),
    path("o/<slug:key>/runs/<int:pk>/hot/", views.hot, name="run-hot"),
    path("o/<slug:key>/runs/<int:pk>/rows/", rows.index, name="run-rows"),
    path("o/<slug:key>/runs/<int:pk>/problems/", rows.problems, name="run-problems"),
    path("o/<slug:key>/runs/<int:pk>/explain/", explaining.show, name="run-explain"),
    path("o/<slug:key>/runs/<int:pk>/compare/", comparing.show, name="run-compare"),
]
