"""Filters of the pages of compliance."""
