"""How the tables of quality plans came about."""
