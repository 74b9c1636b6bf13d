"""The boundaries between packages hold as pyproject.toml states them."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from shared.contracts.base import SERVICES

ROOT = Path(__file__).parents[2]


def test_every_boundary_between_packages_is_kept() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    report = subprocess.run(
        [program, "--no-cache", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.returncode == 0, report.stdout + report.stderr


def test_the_folders_of_services_are_the_services_and_each_has_its_layers_checked() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = [contract for contract in config["contracts"] if contract["type"] == "layers"]
    folders = {path.parent.name for path in (ROOT / "services").glob("*/service.py")}
    assert folders == set(SERVICES)
    assert set(layers["containers"]) == {f"services.{name}" for name in SERVICES}
