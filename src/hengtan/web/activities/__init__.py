"""Activity data: files that become batches, batches that are approved by somebody else, months that are closed."""
