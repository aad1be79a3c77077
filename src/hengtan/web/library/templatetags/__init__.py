"""Amounts of factors in templates."""
