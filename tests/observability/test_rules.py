"""Every alert is told by promtool when it fires and when not, and leads to what to do about it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.system_packages import PROMETHEUS, ensure, prometheus_programs

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy/observability/rules"
EXAMPLES = Path(__file__).with_name("rules_test.yml")


def alerts() -> list[dict[str, Any]]:
    """Every alert of the rules."""
    files = [yaml.safe_load(path.read_text()) for path in sorted(RULES.glob("*.yml"))]
    rules = [rule for file in files for group in file["groups"] for rule in group["rules"]]
    return [rule for rule in rules if "alert" in rule]


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it, whatever it finds."""
    ensure([PROMETHEUS])
    folder = prometheus_programs()
    assert folder is not None
    return subprocess.run(
        [folder / "promtool", *arguments], capture_output=True, text=True, check=False
    )


def test_promtool_accepts_the_rules() -> None:
    checked = promtool("check", "rules", "--lint-fatal", *sorted(RULES.glob("*.yml")))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_alert_fires_and_is_silent_when_its_examples_say_so() -> None:
    told = promtool("test", "rules", EXAMPLES)
    assert told.returncode == 0, told.stdout + told.stderr


def test_an_alert_with_another_threshold_fails_its_examples(tmp_path: Path) -> None:
    for path in RULES.glob("*.yml"):
        text = path.read_text().replace("seconds:max > 15", "seconds:max > 1000")
        (tmp_path / path.name).write_text(text)
    examples = yaml.safe_load(EXAMPLES.read_text())
    examples["rule_files"] = [str(tmp_path / "*.yml")]
    (tmp_path / "examples.test").write_text(yaml.safe_dump(examples))
    told = promtool("test", "rules", tmp_path / "examples.test")
    assert told.returncode != 0
    assert "QiantangOutboxLags" in told.stdout + told.stderr


def test_every_alert_has_an_example_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    examples = yaml.safe_load(EXAMPLES.read_text())["tests"]
    told = [one for example in examples for one in example["alert_rule_test"]]
    names = {rule["alert"] for rule in alerts()}
    assert {one["alertname"] for one in told if one["exp_alerts"]} == names
    assert {one["alertname"] for one in told if not one["exp_alerts"]} == names


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_leads_to_its_own_section_of_the_runbook(rule: dict[str, Any]) -> None:
    file, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^## (.+)$", (ROOT / file).read_text(), re.MULTILINE)
    assert rule["alert"] in headings
    assert anchor == rule["alert"].lower()
    assert re.search("[\u4e00-\u9fff].* · .*[a-z]", rule["annotations"]["summary"])


def test_the_runbook_has_no_section_without_an_alert() -> None:
    headings = re.findall(r"^## (.+)$", (RULES.parent / "RUNBOOKS.md").read_text(), re.MULTILINE)
    assert headings == [rule["alert"] for rule in alerts()]
