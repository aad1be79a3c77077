"""Addresses of the compliance year and of compliance plans."""

from __future__ import annotations

from django.urls import path

from . import assigning, feed, making, rules, views, year

urlpatterns = [
    path("o/<slug:key>/compliance/", year.this_year, name="compliance"),
    path("o/<slug:key>/compliance/rules/", rules.rules, name="compliance-rules"),
    path("o/<slug:key>/compliance/new/", making.new, name="compliance-plan-new"),
    path("o/<slug:key>/compliance/new/workbook/", making.template, name="compliance-template"),
    path("o/<slug:key>/compliance/plans/<int:pk>/input/", making.plan_input, name="compliance-plan-input"),
    path("o/<slug:key>/compliance/schema/", views.schema_file, name="compliance-schema"),
    path("o/<slug:key>/compliance/plans/", views.index, name="compliance-plans"),
    path("o/<slug:key>/compliance/plans/<int:pk>/", views.show, name="compliance-plan"),
    path("o/<slug:key>/compliance/plans/<int:pk>/submit/", views.submit, name="compliance-plan-submit"),
    path("o/<slug:key>/compliance/plans/<int:pk>/decide/", views.decide, name="compliance-plan-decide"),
    path("o/<slug:key>/compliance/plans/<int:pk>/file/", views.file, name="compliance-plan-file"),
    path("o/<slug:key>/compliance/plans/<int:pk>/propose/", year.propose_all, name="compliance-plan-propose"),
    path("o/<slug:key>/compliance/plans/<int:pk>/assign/", assigning.assign, name="compliance-plan-assign"),
    path("o/<slug:key>/compliance/<int:pk>/", views.moved, name="compliance-plan-before"),
    path("o/<slug:key>/compliance/<int:pk>/file/", views.moved_file, name="compliance-plan-file-before"),
    path("calendars/compliance/<str:token>.ics", feed.feed, name="compliance-feed"),
]
