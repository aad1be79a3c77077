"""Factors, policies and methods: the shared library to look into, and an organisation's own, approved by two people."""
