"""What panels and rules ask for is what the platform tells, and Prometheus can read all of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.observability.dashboard import dashboard
from tests.observability.conftest import RUNNING, Platform
from tests.observability.test_rules import RULES, promtool

SUFFIXES = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_sum", "_count"),
    "gauge": ("",),
}


def panels() -> list[dict[str, Any]]:
    """The panels that show something."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def questions() -> list[str]:
    """Everything that panels ask, with Grafana's variables filled in."""
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    return [re.sub(r"\$__\w+", "5m", expression).replace("$service", ".*") for expression in asked]


def rules() -> list[dict[str, Any]]:
    """All rules, recording and alerting."""
    return list(yaml.safe_load((RULES / "qiantang.yml").read_text())["groups"][0]["rules"])


def metrics_in(expression: str) -> set[str]:
    """The names of ours in an expression, recorded ones with what is before their colon."""
    return set(re.findall(r"[a-z_]*:?qiantang_\w+(?::\w+)?", expression))


def test_panels_and_rules_name_only_metrics_that_are_told(platform: Platform) -> None:
    told = {rule["record"] for rule in rules() if "record" in rule}
    for service in RUNNING:
        for family in platform.figures(service).values():
            told |= {family.name + suffix for suffix in SUFFIXES.get(family.type, ())}
    expressions = [*questions(), *(rule["expr"] for rule in rules())]
    named = set().union(*map(metrics_in, expressions))
    assert len(named) > 20
    assert named - told == set()
    assert "service:qiantang_dead_letters:max" in named


def test_a_metric_that_nobody_tells_would_be_found() -> None:
    assert metrics_in('max by (service) (qiantang_outbox_age{service="a"}) > 0') == {
        "qiantang_outbox_age"
    }
    assert metrics_in("service:qiantang_dead_letters:min > 0") == {
        "service:qiantang_dead_letters:min"
    }


def test_prometheus_can_read_every_question(tmp_path: Path) -> None:
    asked = [
        {"record": f"panel:question:{number}", "expr": expression}
        for number, expression in enumerate(questions())
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": asked}]}))
    checked = promtool("check", "rules", file)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("panel", dashboard()["panels"], ids=lambda panel: str(panel["id"]))
def test_a_title_is_chinese_and_english(panel: dict[str, Any]) -> None:
    assert re.search("[\u4e00-\u9fff].* · .*[A-Za-z]", panel["title"])


def test_no_panel_lies_on_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        cells = {
            (at["x"] + right, at["y"] + down) for right in range(at["w"]) for down in range(at["h"])
        }
        assert not cells & taken
        assert all(x < 24 for x, _ in cells)
        taken |= cells


def test_the_command_prints_what_grafana_imports() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "dashboard"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(printed.stdout) == dashboard()
