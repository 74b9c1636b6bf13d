"""What is ordered of this service."""
