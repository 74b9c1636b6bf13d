"""The table of contents of rule_of_law: it handles nothing of its own yet.

What every service answers stands in `shared.platform`: its standing, its trail, its dead letters,
its audit chain.
"""

from __future__ import annotations

from services.rule_of_law.models import Model
from shared.service import service


@service(Model)
class RuleOfLaw:
    """数字法治: norms, enforcement, rectification, mediation (none of them yet)."""

    name = "rule_of_law"
