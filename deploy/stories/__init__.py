"""The stories that run through all services: written once, shown by the demo, asserted by the
journey tests, disturbed by the fault tests."""
