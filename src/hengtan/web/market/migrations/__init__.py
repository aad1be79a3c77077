"""How the tables of the market came to be as they are."""
