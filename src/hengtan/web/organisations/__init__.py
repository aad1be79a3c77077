"""Tenants: organisations, who belongs to them in which role, and how people are invited."""
