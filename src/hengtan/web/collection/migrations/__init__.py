"""Tables of data collection."""
