"""These tests use the probe service."""

from tests.probing import harness, log_lines, make_probe, policies_with_probe, tamper

__all__ = ["harness", "log_lines", "make_probe", "policies_with_probe", "tamper"]
