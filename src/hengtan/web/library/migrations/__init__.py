"""The tables of own factors, policies and methods, step by step."""
