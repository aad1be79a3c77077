"""Sources: connectors with settings and a schedule, what they brought in, and what they could not."""
