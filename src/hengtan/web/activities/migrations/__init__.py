"""How the tables of activity data came to be as they are."""
