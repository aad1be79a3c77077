"""Addresses of the audit room."""

from __future__ import annotations

from django.urls import path

from . import history, views

urlpatterns = [
    path("o/<slug:key>/audit/", views.index, name="engagements"),
    path("o/<slug:key>/audit/new/", views.new, name="engagement-new"),
    path("o/<slug:key>/audit/history/", history.show, name="history"),
    path("o/<slug:key>/audit/<int:pk>/", views.show, name="engagement"),
    path("o/<slug:key>/audit/<int:pk>/questions/", views.questions, name="engagement-questions"),
    path("o/<slug:key>/audit/<int:pk>/close/", views.close, name="engagement-close"),
    path("o/<slug:key>/audit/<int:pk>/verify/", views.verify, name="engagement-verify"),
    path("o/<slug:key>/audit/<int:pk>/package/", views.package, name="engagement-package"),
    path("o/<slug:key>/audit/items/<int:pk>/", views.item, name="engagement-item"),
    path("o/<slug:key>/audit/questions/<int:pk>/", views.answer, name="engagement-answer"),
    path("o/<slug:key>/audit/attachments/<int:pk>/", views.attachment, name="engagement-attachment"),
]
