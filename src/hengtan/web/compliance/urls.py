"""Addresses of compliance plans."""

from __future__ import annotations

from django.urls import path

from . import feed, views

urlpatterns = [
    path("o/<slug:key>/compliance/", views.index, name="compliance-plans"),
    path("o/<slug:key>/compliance/new/", views.new, name="compliance-plan-new"),
    path("o/<slug:key>/compliance/schema/", views.schema_file, name="compliance-schema"),
    path("o/<slug:key>/compliance/<int:pk>/", views.show, name="compliance-plan"),
    path("o/<slug:key>/compliance/<int:pk>/submit/", views.submit, name="compliance-plan-submit"),
    path("o/<slug:key>/compliance/<int:pk>/decide/", views.decide, name="compliance-plan-decide"),
    path("o/<slug:key>/compliance/<int:pk>/file/", views.file, name="compliance-plan-file"),
    path("calendars/compliance/<str:token>.ics", feed.feed, name="compliance-feed"),
]
