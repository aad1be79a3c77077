"""Addresses of carbon assets."""

from __future__ import annotations

from django.urls import path

from . import (
    account_pages,
    book_pages,
    certificates,
    charges,
    entering,
    intake_pages,
    many,
    market_pages,
    position,
    retirement_pages,
    unit_pages,
    views,
)

urlpatterns = [
    path("o/<slug:key>/assets/", position.index, name="assets"),
    path("o/<slug:key>/assets/queue/", views.queue, name="assets-queue"),
    path("o/<slug:key>/assets/queue/sums/", many.sums, name="assets-sums"),
    path("o/<slug:key>/assets/queue/decide/", many.decide_many, name="assets-decide-many"),
    path("o/<slug:key>/assets/queue/jobs/<int:pk>/", many.decided, name="assets-decided"),
    path("o/<slug:key>/assets/queue/<int:pk>/", views.proposal, name="assets-proposal"),
    path("o/<slug:key>/assets/queue/<int:pk>/decide/", views.decide, name="assets-decide"),
    path("o/<slug:key>/assets/new/", entering.new, name="assets-new"),
    path("o/<slug:key>/assets/new/beside/", entering.beside_form, name="assets-beside"),
    path("o/<slug:key>/assets/accounts/", views.accounts, name="assets-accounts"),
    path("o/<slug:key>/assets/accounts/<int:pk>/", account_pages.account, name="assets-account"),
    path("o/<slug:key>/assets/postings/", book_pages.postings, name="assets-postings"),
    path("o/<slug:key>/assets/postings/<int:pk>/", book_pages.posting, name="assets-posting"),
    path("o/<slug:key>/assets/postings/<int:pk>/reverse/", book_pages.reverse, name="assets-reverse"),
    path("o/<slug:key>/assets/postings/<int:pk>/proof/", book_pages.proof, name="assets-proof"),
    path("o/<slug:key>/assets/units/", unit_pages.units, name="assets-units"),
    path("o/<slug:key>/assets/units/<int:pk>/", unit_pages.batch, name="assets-batch"),
    path("o/<slug:key>/assets/results/", account_pages.results, name="assets-results"),
    path("o/<slug:key>/assets/import/", intake_pages.import_file, name="assets-import"),
    path("o/<slug:key>/assets/import/files/", intake_pages.intakes, name="assets-intakes"),
    path("o/<slug:key>/assets/import/<int:pk>/", intake_pages.intake, name="assets-intake"),
    path("o/<slug:key>/assets/import/<int:pk>/act/", intake_pages.act, name="assets-intake-act"),
    path("o/<slug:key>/assets/template/", market_pages.template_file, name="assets-template"),
    path("o/<slug:key>/assets/reconciliation/", market_pages.reconciliation, name="assets-reconciliation"),
    path("o/<slug:key>/assets/breaks/<int:pk>/close/", market_pages.close_break, name="assets-break-close"),
    path("o/<slug:key>/assets/quotes/", market_pages.quotes, name="assets-quotes"),
    path("o/<slug:key>/assets/certificates/", certificates.certificates, name="assets-certificates"),
    path("o/<slug:key>/assets/postings/<int:pk>/retirement/", retirement_pages.show, name="assets-retirement"),
    path(
        "o/<slug:key>/assets/postings/<int:pk>/retirement/issue/",
        retirement_pages.issue,
        name="assets-retirement-issue",
    ),
    path(
        "o/<slug:key>/assets/postings/<int:pk>/retirement/file/", retirement_pages.file, name="assets-retirement-file"
    ),
    path("o/<slug:key>/assets/internal-price/", charges.charges, name="assets-charges"),
    path("o/<slug:key>/assets/internal-price/propose/", charges.propose, name="assets-charges-propose"),
]
