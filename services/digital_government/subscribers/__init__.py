"""What this service does when something happened."""
