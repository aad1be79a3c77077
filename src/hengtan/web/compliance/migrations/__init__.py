"""Migrations of compliance plans."""
