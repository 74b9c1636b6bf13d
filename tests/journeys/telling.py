"""Tells a story as a user does, with the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROFILES = ["embedded", pytest.param("distributed", marks=pytest.mark.distributed)]


def tell(state: Path, profile: str, story: int) -> dict[str, Any]:
    """What the command prints for programs."""
    # Servers named in the environment are the developer's own; the journey brings its own.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("QIANTANG_")}
    command = [sys.executable, "-m", "deploy.cli", "demo", "--json", "--story", str(story)]
    done = subprocess.run(
        [*command, "--profile", profile, "--state", str(state)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**environment, "PYTHONWARNINGS": "ignore"},
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found
