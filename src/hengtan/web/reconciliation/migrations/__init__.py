"""How the tables of reconciliations came about."""
