"""Addresses of carbon assets."""

from __future__ import annotations

urlpatterns: list[object] = []
