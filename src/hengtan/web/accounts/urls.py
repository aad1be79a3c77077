"""Addresses of one's own page."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("me/", views.profile, name="profile"),
    path("me/data/", views.mine, name="my-data"),
    path("me/data/<int:pk>/", views.take, name="my-data-file"),
    path("me/erase/", views.erase, name="erase-me"),
]
