"""Addresses of the shared parts."""

from __future__ import annotations

from django.urls import path

from . import finding, views

urlpatterns = [
    path("language/", views.language, name="language"),
    path("appearance/", views.appearance, name="appearance"),
    path("more/", views.more, name="more"),
    path("o/<slug:key>/find/", finding.find, name="find"),
]
