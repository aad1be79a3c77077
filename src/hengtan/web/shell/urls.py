"""Addresses of the shared parts."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("language/", views.language, name="language"),
    path("appearance/", views.appearance, name="appearance"),
    path("more/", views.more, name="more"),
]
