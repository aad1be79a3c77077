"""Filters of the pages of activity data."""
