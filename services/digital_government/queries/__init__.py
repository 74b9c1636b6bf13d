"""What this service is asked."""
