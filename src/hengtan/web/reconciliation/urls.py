"""Addresses of reconciliations."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("o/<slug:key>/three-views/", views.index, name="reconciliations"),
    path("o/<slug:key>/three-views/new/", views.new, name="reconciliation-new"),
    path("o/<slug:key>/three-views/<int:pk>/", views.show, name="reconciliation"),
    path("o/<slug:key>/three-views/<int:pk>/say/", views.say, name="reconciliation-say"),
    path("o/<slug:key>/three-views/<int:pk>/sign/", views.sign, name="reconciliation-sign"),
    path("o/<slug:key>/statements/<int:pk>/hand-over/", views.hand_over, name="statement-hand-over"),
]
