"""Masses and words of runs in templates."""
