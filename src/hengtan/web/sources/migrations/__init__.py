"""Tables of sources."""
