"""Addresses of carbon assets."""

from __future__ import annotations

from django.urls import path

from . import book_pages, market_pages, views

urlpatterns = [
    path("o/<slug:key>/assets/", views.index, name="assets"),
    path("o/<slug:key>/assets/queue/", views.queue, name="assets-queue"),
    path("o/<slug:key>/assets/queue/<int:pk>/", views.proposal, name="assets-proposal"),
    path("o/<slug:key>/assets/queue/<int:pk>/decide/", views.decide, name="assets-decide"),
    path("o/<slug:key>/assets/new/", views.new, name="assets-new"),
    path("o/<slug:key>/assets/accounts/", views.accounts, name="assets-accounts"),
    path("o/<slug:key>/assets/accounts/<int:pk>/", book_pages.account, name="assets-account"),
    path("o/<slug:key>/assets/postings/", book_pages.postings, name="assets-postings"),
    path("o/<slug:key>/assets/postings/<int:pk>/", book_pages.posting, name="assets-posting"),
    path("o/<slug:key>/assets/postings/<int:pk>/reverse/", book_pages.reverse, name="assets-reverse"),
    path("o/<slug:key>/assets/postings/<int:pk>/proof/", book_pages.proof, name="assets-proof"),
    path("o/<slug:key>/assets/units/", book_pages.units, name="assets-units"),
    path("o/<slug:key>/assets/units/<int:pk>/", book_pages.batch, name="assets-batch"),
    path("o/<slug:key>/assets/results/", book_pages.results, name="assets-results"),
    path("o/<slug:key>/assets/import/", market_pages.import_file, name="assets-import"),
    path("o/<slug:key>/assets/template/", market_pages.template_file, name="assets-template"),
    path("o/<slug:key>/assets/reconciliation/", market_pages.reconciliation, name="assets-reconciliation"),
    path("o/<slug:key>/assets/breaks/<int:pk>/close/", market_pages.close_break, name="assets-break-close"),
    path("o/<slug:key>/assets/quotes/", market_pages.quotes, name="assets-quotes"),
    path("o/<slug:key>/assets/certificates/", market_pages.certificates, name="assets-certificates"),
]
