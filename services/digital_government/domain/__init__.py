"""The rules of this service, pure and without a framework."""
