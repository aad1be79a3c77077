"""Addresses of the vault."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [path("o/<slug:key>/settings/room/", views.give, name="organisation-room")]
