"""Addresses of factors, policies and methods."""

from __future__ import annotations

from django.urls import path

from . import browsing, factor_pages

HERE = "o/<slug:key>/library/"
urlpatterns = [
    path(HERE, browsing.index, name="library"),
    path(f"{HERE}factor/", browsing.factor, name="library-factor"),
    path(f"{HERE}compare/", browsing.compare, name="library-compare"),
    path(f"{HERE}own/", factor_pages.index, name="own-factors"),
    path(f"{HERE}own/new/", factor_pages.new, name="own-factor-new"),
    path(f"{HERE}own/import/", factor_pages.import_file, name="own-factors-import"),
    path(f"{HERE}own/empty/", factor_pages.empty_file, name="own-factors-empty"),
    path(f"{HERE}own/<int:pk>/", factor_pages.show, name="own-factor"),
    path(f"{HERE}own/<int:pk>/edit/", factor_pages.edit, name="own-factor-edit"),
    path(f"{HERE}own/<int:pk>/decide/", factor_pages.decide, name="own-factor-decide"),
    path(f"{HERE}own/<int:pk>/document/", factor_pages.document, name="own-factor-document"),
]
