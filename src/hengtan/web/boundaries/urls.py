"""Addresses of units and facilities."""

from __future__ import annotations

from django.urls import path

from . import facilities, places, units

urlpatterns = [
    path("regions/", places.regions, name="regions"),
    path("o/<slug:key>/facilities/", facilities.index, name="facilities"),
    path("o/<slug:key>/facilities/new/", facilities.new, name="facility-new"),
    path("o/<slug:key>/facilities/<int:pk>/", facilities.show, name="facility"),
    path("o/<slug:key>/facilities/<int:pk>/edit/", facilities.edit, name="facility-edit"),
    path("o/<slug:key>/facilities/<int:pk>/move/", facilities.move, name="facility-move"),
    path("o/<slug:key>/facilities/<int:pk>/denominators/new/", facilities.denominator, name="facility-denominator"),
    path("o/<slug:key>/denominators/", places.denominators, name="denominators"),
    path("o/<slug:key>/units/", units.index, name="units"),
    path("o/<slug:key>/units/new/", units.new, name="unit-new"),
    path("o/<slug:key>/units/<int:pk>/", units.edit, name="unit"),
    path("o/<slug:key>/organisation.csv", places.organisation_file, name="organisation-file"),
]
