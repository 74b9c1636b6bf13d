"""Raising alerts by rules, and what supervisors decide about alerts and rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.party_government.domain.alerts import Finding, Terms, rule_of
from services.party_government.models import SupervisionAlert, TunedAlertRule
from shared.context import Context
from shared.contracts.party_government import DismissAlert, ReopenAlert, TuneAlertRule
from shared.divisions import lineage
from shared.handling import handles
from shared.unit_of_work import digest_of


@dataclass(frozen=True)
class Concerned:
    """What an alert is about, where, and whom it concerns as far as that is known."""

    subject: str
    division: str
    organ: str | None = None
    official: str | None = None


def apply_rule(
    rule: Callable[..., Finding | None], *observed: Any, about: Concerned, context: Context
) -> None:
    """Apply a rule, as it holds in the division, to what was observed; where it finds something,
    keep one alert about the subject, however often it is found."""
    terms = terms_of(rule.__name__, about.division, context)
    finding = rule(terms, *observed) if terms.enabled else None
    if finding is None:
        return
    alert_id = f"alert-{digest_of(rule.__name__, about.subject)[:32]}"
    alert = context.unit.find(SupervisionAlert, alert_id)
    if alert is None:
        alert = context.unit.add(
            SupervisionAlert(
                id=alert_id,
                division=about.division,
                rule=rule.__name__,
                subject=about.subject,
                organ=about.organ or None,
                official=about.official or None,
                scenario=context.headers.scenarioid,
                raised_at=context.now,
                last_at=context.now,
            )
        )
        alert.raise_it()
    alert.find(finding, context.now)


def terms_of(rule: str, division: str, context: Context) -> Terms:
    """With which numbers a rule is applied in a division: as it was tuned there or in the nearest
    division above it, else as set up."""
    keys = [f"{code}.{rule}" for code in lineage(division)]
    tuned = context.unit.reference(TunedAlertRule, *keys)
    nearest = next((tuned[key] for key in keys if key in tuned), None)
    return rule_of(rule).terms if nearest is None else nearest.terms


@handles(TuneAlertRule)
def tune_alert_rule(order: TuneAlertRule, context: Context) -> TunedAlertRule:
    """Apply a rule with other numbers, or not at all, in a division; raises `UnfitTerms`."""
    terms = rule_of(order.rule).tuned(
        enabled=order.enabled, threshold=order.threshold, least=order.least
    )
    key = f"{order.division}.{order.rule}"
    tuned = context.unit.find(TunedAlertRule, key) or context.unit.add(
        TunedAlertRule(id=key, division=order.division, rule=order.rule)
    )
    tuned.tune(terms, order.basis)
    return tuned


@handles(DismissAlert)
def dismiss_alert(alert: SupervisionAlert, order: DismissAlert, context: Context) -> None:
    """Find nothing wrong; raises `AlertInWrongState`."""
    alert.dismiss(order.reason)


@handles(ReopenAlert)
def reopen_alert(alert: SupervisionAlert, order: ReopenAlert, context: Context) -> None:
    """Look again at what ended; raises `AlertInWrongState`."""
    alert.reopen(order.reason)
