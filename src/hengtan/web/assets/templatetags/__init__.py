"""Tags of carbon assets."""
