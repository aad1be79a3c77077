"""Addresses of quality plans, monthly evidence and deadlines."""

from __future__ import annotations

from django.urls import path

from . import feed, month_pages, plan_editing, views

urlpatterns = [
    path("o/<slug:key>/quality/", views.index, name="quality"),
    path("o/<slug:key>/quality/new/", views.new, name="quality-new"),
    path("o/<slug:key>/quality/plan/<int:pk>/", views.show, name="quality-plan"),
    path("o/<slug:key>/quality/plan/<int:pk>/edit/", plan_editing.edit, name="quality-plan-edit"),
    path("o/<slug:key>/quality/plan/<int:pk>/line/", plan_editing.line, name="quality-plan-line"),
    path("o/<slug:key>/quality/plan/<int:pk>/lines/", plan_editing.lines, name="quality-plan-lines"),
    path("o/<slug:key>/quality/plan/<int:pk>/submit/", views.submit, name="quality-plan-submit"),
    path("o/<slug:key>/quality/plan/<int:pk>/decide/", views.decide, name="quality-plan-decide"),
    path("o/<slug:key>/quality/plan/<int:pk>/revise/", views.revise, name="quality-plan-revise"),
    path("o/<slug:key>/quality/plan/<int:pk>/changes/", views.changed, name="quality-plan-changes"),
    path("o/<slug:key>/quality/plan/<int:pk>/statement/", views.beside, name="quality-plan-statement"),
    path("o/<slug:key>/quality/plan/<int:pk>/download/", views.download, name="quality-plan-download"),
    path("o/<slug:key>/evidence/", month_pages.index, name="evidence-months"),
    path("o/<slug:key>/evidence/entity/<int:pk>/", month_pages.month, name="evidence-month"),
    path("o/<slug:key>/evidence/entity/<int:pk>/filing/", month_pages.filing, name="evidence-filing"),
    path("o/<slug:key>/evidence/entity/<int:pk>/assign/", month_pages.assign, name="evidence-assign"),
    path("o/<slug:key>/evidence/file/<int:pk>/", month_pages.file, name="month-evidence-file"),
    path("o/<slug:key>/evidence/file/<int:pk>/withdraw/", month_pages.withdraw, name="month-evidence-withdraw"),
    path("o/<slug:key>/deadlines/", month_pages.deadlines, name="deadlines"),
    path("evidence/feed/<str:token>.ics", feed.feed, name="evidence-feed"),
]
