"""Addresses of statements and rules."""

from __future__ import annotations

from django.urls import path

from . import imported, rules, views

urlpatterns = [
    path("o/<slug:key>/statements/", views.index, name="statements"),
    path("o/<slug:key>/statements/new/", views.new, name="statement-new"),
    path("o/<slug:key>/statements/import/", imported.bring, name="statement-import"),
    path("o/<slug:key>/statements/<int:pk>/original/", imported.original, name="statement-original"),
    path("o/<slug:key>/statements/<int:pk>/", views.show, name="statement"),
    path("o/<slug:key>/statements/<int:pk>/entry/", views.entry, name="statement-entry"),
    path("o/<slug:key>/statements/<int:pk>/file/", views.take_file, name="statement-file"),
    path("o/<slug:key>/statements/<int:pk>/submit/", views.submit, name="statement-submit"),
    path("o/<slug:key>/statements/<int:pk>/decide/", views.decide, name="statement-decide"),
    path("o/<slug:key>/statements/<int:pk>/download/", views.download, name="statement-download"),
    path("o/<slug:key>/statements/<int:pk>/form/", views.template, name="statement-form"),
    path("o/<slug:key>/statements/<int:pk>/compare/", views.compare, name="statement-compare"),
    path("o/<slug:key>/rules/", rules.index, name="rules"),
    path("o/<slug:key>/rules/guideline/", rules.guideline, name="guideline"),
    path("o/<slug:key>/rules/plan/", rules.plan, name="allocation-plan"),
]
