"""Migrations of notices."""
