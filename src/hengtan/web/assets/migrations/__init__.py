"""How the tables of carbon assets came about."""
