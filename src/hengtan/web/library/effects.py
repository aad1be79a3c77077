"""What a policy would change, computed as a job."""
