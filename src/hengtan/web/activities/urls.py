"""Addresses of activity data."""

from __future__ import annotations

from django.urls import path

from . import downloads, evidence_pages, gaps, periods, typing_in, views, wizard

urlpatterns = [
    path("o/<slug:key>/data/", views.index, name="batches"),
    path("o/<slug:key>/data/import/", wizard.upload, name="import"),
    path("o/<slug:key>/data/calendar/", gaps.calendar, name="calendar"),
    path("o/<slug:key>/data/calendar/pace/", gaps.pace, name="source-pace"),
    path("o/<slug:key>/data/entry/", typing_in.new, name="entry"),
    path("o/<slug:key>/data/entry/draft/", typing_in.draft, name="entry-draft"),
    path("o/<slug:key>/data/<int:pk>/entry/", typing_in.again, name="batch-entry"),
    path("o/<slug:key>/data/workbook/", downloads.empty_workbook, name="empty-workbook"),
    path("o/<slug:key>/data/periods/", periods.index, name="periods"),
    path("o/<slug:key>/data/periods/<int:pk>/open/", periods.reopen, name="period-open"),
    path("o/<slug:key>/data/<int:pk>/", views.show, name="batch"),
    path("o/<slug:key>/data/<int:pk>/decide/", views.decide, name="batch-decide"),
    path("o/<slug:key>/data/<int:pk>/discard/", views.discard, name="batch-discard"),
    path("o/<slug:key>/data/<int:pk>/rows/", views.rows, name="batch-rows"),
    path("o/<slug:key>/data/<int:pk>/columns/", wizard.columns, name="batch-columns"),
    path("o/<slug:key>/data/<int:pk>/problems/", wizard.problems, name="batch-problems"),
    path("o/<slug:key>/data/<int:pk>/fix/", wizard.fix, name="batch-fix"),
    path("o/<slug:key>/data/<int:pk>/submit/", wizard.submit, name="batch-submit"),
    path("o/<slug:key>/data/<int:pk>/workbook/", downloads.marked_up, name="batch-workbook"),
    path("o/<slug:key>/data/<int:pk>/evidence/", evidence_pages.of_batch, name="batch-evidence"),
    path("o/<slug:key>/data/evidence/<int:pk>/", evidence_pages.show, name="evidence"),
    path("o/<slug:key>/data/evidence/<int:pk>/file/", evidence_pages.file, name="evidence-file"),
    path("o/<slug:key>/data/evidence/<int:pk>/withdraw/", evidence_pages.withdraw, name="evidence-withdraw"),
    path("o/<slug:key>/data/files/<int:pk>/", downloads.source_file, name="source-file"),
]
