"""Addresses of tenants: everything of one stands under its key."""

from __future__ import annotations

from django.urls import path

from . import feeds, people, views

urlpatterns = [
    path("", views.home, name="home"),
    path("welcome/", views.welcome, name="welcome"),
    path("organisations/new/", views.new, name="organisation-new"),
    path("invitations/<str:token>/", people.invitation, name="invitation"),
    path("o/<slug:key>/", views.overview, name="organisation"),
    path("o/<slug:key>/settings/", views.edit, name="organisation-settings"),
    path("o/<slug:key>/calendars/renew/", feeds.renew, name="feeds-renew"),
    path("o/<slug:key>/people/", people.people, name="people"),
    path("o/<slug:key>/people/invite/", people.invite, name="invite"),
    path("o/<slug:key>/people/<int:pk>/", people.member, name="member"),
    path("o/<slug:key>/invitations/<int:pk>/resend/", people.resend, name="invitation-resend"),
    path("o/<slug:key>/invitations/<int:pk>/revoke/", people.revoke, name="invitation-revoke"),
]
