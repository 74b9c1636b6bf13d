"""What a user's mistake at the command line comes to: one line that says what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("command", "environment", "told"),
    [
        (["run"], {"QIANTANG_PROFILE": "distributed"}, "QIANTANG_DATABASE_URL"),
        (["declare"], {}, "QIANTANG_AMQP_URL"),
        (["migrate"], {"QIANTANG_PROFILE": "distributed"}, "demo --profile distributed"),
        (["run"], {"QIANTANG_HTTP_PORT": "eighty"}, "QIANTANG_HTTP_PORT"),
        (["run", "--service", "no_such_service"], {}, "no_such_service"),
    ],
)
def test_a_mistake_is_one_line_and_makes_nothing(
    tmp_path: Path, command: list[str], environment: dict[str, str], told: str
) -> None:
    state = tmp_path / "state"
    own = {key: value for key, value in os.environ.items() if not key.startswith("QIANTANG_")}
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cli", *command],
        cwd=HOME,
        env={**own, "QIANTANG_STATE": str(state), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("qiantang: ")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not any(state.rglob("*"))
