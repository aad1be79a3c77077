"""Addresses of one's own page."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [path("me/", views.profile, name="profile")]
