"""Addresses of factors, policies and methods."""

from __future__ import annotations

from django.urls import path

from . import browsing, factor_pages, method_pages, policy_pages

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
    path(f"{HERE}policy/", policy_pages.index, name="policies"),
    path(f"{HERE}policy/new/", policy_pages.new, name="own-policy-new"),
    path(f"{HERE}policy/<int:pk>/", policy_pages.show, name="own-policy"),
    path(f"{HERE}policy/<int:pk>/edit/", policy_pages.edit, name="own-policy-edit"),
    path(f"{HERE}policy/<int:pk>/decide/", policy_pages.decide, name="own-policy-decide"),
    path(f"{HERE}policy/<int:pk>/file/", policy_pages.file, name="own-policy-file"),
    path(f"{HERE}methods/", method_pages.index, name="methods"),
    path(f"{HERE}methods/one/", method_pages.method, name="method"),
    path(f"{HERE}methods/new/", method_pages.new, name="own-method-new"),
    path(f"{HERE}methods/check/", method_pages.check, name="own-method-check"),
    path(f"{HERE}methods/<int:pk>/", method_pages.show, name="own-method"),
    path(f"{HERE}methods/<int:pk>/edit/", method_pages.edit, name="own-method-edit"),
    path(f"{HERE}methods/<int:pk>/decide/", method_pages.decide, name="own-method-decide"),
    path(f"{HERE}methods/<int:pk>/file/", method_pages.file, name="own-method-file"),
]
