"""Addresses of the carbon market."""

from __future__ import annotations

from django.urls import path

from . import from_statements, views

urlpatterns = [
    path("o/<slug:key>/allowances/", views.index, name="allocations"),
    path("o/<slug:key>/allowances/new/", views.new, name="allocation-new"),
    path(
        "o/<slug:key>/allowances/from-statements/", from_statements.from_statements, name="allocation-from-statements"
    ),
    path("o/<slug:key>/allowances/<int:pk>/again/", from_statements.again, name="allocation-again"),
    path("o/<slug:key>/allowances/<int:pk>/", views.show, name="allocation"),
    path("o/<slug:key>/allowances/<int:pk>/unit/", views.unit, name="allocation-unit"),
    path("o/<slug:key>/allowances/<int:pk>/compare/", views.compare, name="allocation-compare"),
]
