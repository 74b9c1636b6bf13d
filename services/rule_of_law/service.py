"""The table of contents of rule_of_law: every handler, by name."""

from __future__ import annotations

from services.rule_of_law import commands, queries, subscribers
from services.rule_of_law.models import Model
from shared.service import service


@service(Model)
class RuleOfLaw:
    """数字法治: the legality review; norms, enforcement, rectification, mediation are to come."""

    name = "rule_of_law"

    open_legality_review = subscribers.open_legality_review
    answer_legality_review = commands.answer_legality_review
    legality_reviews_of_organ = queries.legality_reviews_of_organ
