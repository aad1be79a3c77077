"""How the tables of the audit room came to be as they are."""
