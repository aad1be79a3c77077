"""Data collection: who is asked for which figure until when, how far that is, and the page on which it is given."""
