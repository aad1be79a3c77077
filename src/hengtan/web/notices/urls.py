"""Addresses of notices."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("o/<slug:key>/notices/", views.index, name="notices"),
    path("o/<slug:key>/notices/<int:pk>/", views.follow, name="notice"),
]
