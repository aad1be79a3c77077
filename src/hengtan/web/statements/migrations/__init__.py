"""How the table of statements came to be as it is."""
