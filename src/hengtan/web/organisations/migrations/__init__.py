"""How the tables of organisations came to be as they are."""
