"""Addresses of webhooks."""

from __future__ import annotations

from django.urls import path

from . import pages

urlpatterns = [
    path("o/<slug:key>/webhooks/", pages.index, name="webhooks"),
    path("o/<slug:key>/webhooks/new/", pages.new, name="webhook-new"),
    path("o/<slug:key>/webhooks/<int:pk>/", pages.show, name="webhook"),
    path("o/<slug:key>/webhooks/<int:pk>/edit/", pages.edit, name="webhook-edit"),
    path("o/<slug:key>/webhooks/<int:pk>/do/", pages.act, name="webhook-do"),
    path("o/<slug:key>/webhooks/deliveries/<int:pk>/", pages.delivery, name="delivery"),
]
