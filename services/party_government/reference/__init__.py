"""What the service is loaded with, as facts with their source."""
