"""People: who signs in, and how they like to see things."""
