"""A process of the probe, as `qiantang run --service NAME` is one of a service."""

from __future__ import annotations

from deploy import green  # isort: skip  # First, because it changes what the others import.

from deploy import cli
from deploy.host import Host
from shared import logs
from shared.security import authorisation
from shared.settings import load_settings
from shared.testing import probe

__all__ = ["green"]


def main() -> None:
    """Serve until SIGTERM, with the probe's policies beside the platform's."""
    policies = authorisation.policies_in(authorisation.policy_text() + probe.POLICIES)
    authorisation.policies = lambda: policies  # type: ignore[assignment]
    settings = load_settings()
    logs.configure(settings.log_level)
    host = Host(settings, ())
    host._runner.add_service(probe.Probe)
    host.start()
    print(f"{probe.Probe.name} {host.address}", flush=True)
    cli._serve(host)


if __name__ == "__main__":
    main()
