"""Addresses of reports."""

from __future__ import annotations

from django.urls import path

from . import views, years

urlpatterns = [
    path("o/<slug:key>/reports/", views.index, name="reports"),
    path("o/<slug:key>/reports/new/", views.new, name="report-new"),
    path("o/<slug:key>/reports/<int:pk>/", views.show, name="report"),
    path("o/<slug:key>/reports/<int:pk>/preview/", views.preview, name="report-preview"),
    path("o/<slug:key>/reports/<int:pk>/issue/", views.issue, name="report-issue"),
    path("o/<slug:key>/reports/<int:pk>/return/", views.give_back, name="report-return"),
    path("o/<slug:key>/reports/<int:pk>/withdraw/", views.withdraw, name="report-withdraw"),
    path("o/<slug:key>/reports/<int:pk>/files/", views.files, name="report-files"),
    path("o/<slug:key>/report-files/<int:pk>/", views.file, name="report-file"),
    path("o/<slug:key>/base-year/", years.show, name="base-year"),
    path("o/<slug:key>/base-year/policy/", years.policy, name="base-year-policy"),
    path("o/<slug:key>/base-year/choose/", years.choose, name="base-year-choose"),
    path("o/<slug:key>/base-year/restate/", years.restate, name="base-year-restate"),
]
