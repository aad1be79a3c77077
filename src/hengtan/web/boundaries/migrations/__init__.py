"""How the tables of boundaries came to be as they are."""
