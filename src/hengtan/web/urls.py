"""All addresses."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("hengtan.web.shell.urls")),
    path("", include("hengtan.web.organisations.urls")),
    path("", include("hengtan.web.boundaries.urls")),
    path("", include("hengtan.web.jobs.urls")),
    path("", include("hengtan.web.notices.urls")),
    path("", include("hengtan.web.vault.urls")),
    path("", include("hengtan.web.activities.urls")),
    path("", include("hengtan.web.collection.urls")),
    path("", include("hengtan.web.library.urls")),
    path("", include("hengtan.web.runs.urls")),
    path("", include("hengtan.web.statements.urls")),
    path("", include("hengtan.web.quality.urls")),
    path("", include("hengtan.web.market.urls")),
    path("", include("hengtan.web.assets.urls")),
    path("", include("hengtan.web.compliance.urls")),
    path("", include("hengtan.web.reconciliation.urls")),
    path("", include("hengtan.web.reporting.urls")),
    path("", include("hengtan.web.audit.urls")),
    path("", include("hengtan.web.webhooks.urls")),
    path("", include("hengtan.web.sources.urls")),
    path("", include("hengtan.web.api.urls")),
    path("account/", include("hengtan.web.accounts.urls")),
    path("account/", include("allauth.urls")),
]
handler400 = "hengtan.web.shell.views.bad_request"
handler403 = "hengtan.web.shell.views.forbidden"
handler404 = "hengtan.web.shell.views.not_found"
handler429 = "hengtan.web.shell.views.too_often"
handler500 = "hengtan.web.shell.views.fault"
