"""When one person may act for another (Civil Code, articles 161 to 165, 173), and the errors."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from shared.errors import RuleBroken


class AgencyEnd(StrEnum):
    """Why an agency ended (Civil Code article 173)."""

    EXPIRED = "expired"
    REVOKED = "revoked"
    RENOUNCED = "renounced"
    DEATH = "death"


class NotDelegable(RuleBroken):
    """What a matter's nature asks a person to do in person is done by no agent (Civil Code article
    161)."""

    zh = "下列事项不能委托他人办理：{actions}；可委托的事项：{delegable}"
    en = "nobody can do this in another's name: {actions}; what can be granted: {delegable}"


class AgencyPeriodUnlawful(RuleBroken):
    """An agency has a first and a last day, a year apart at most (Civil Code article 165 asks for
    its time; the year is this platform's own bound)."""

    zh = "代理期限不成立：起始日期不得早于{today}，终止日期须在起始日期之后一年之内"
    en = "the time does not hold: it begins on {today} or later and ends within a year of that"


class AgentNotRegistered(RuleBroken):
    """Only a living person on the register can act for another."""

    zh = "代理人未登记或已不在册"
    en = "the agent is not on the register of persons"


class AgencyNotInForce(RuleBroken):
    """It has not begun, or is over."""

    zh = "委托代理自{begins}至{ends}有效，现未生效或已终止"
    en = "the agency is in force from {begins} to {ends}, and is not so now"


class AgencyOver(RuleBroken):
    """What has ended cannot be ended again."""

    zh = "委托代理已终止"
    en = "the agency has ended already"


def require_period(begins: date, ends: date, today: date) -> None:
    """Raise `AgencyPeriodUnlawful` unless the days are a year apart at most and none is past."""
    # The 29th of February ends on the 28th of the year after.
    day = 28 if (begins.month, begins.day) == (2, 29) else begins.day
    if not today <= begins <= ends <= begins.replace(year=begins.year + 1, day=day):
        raise AgencyPeriodUnlawful(today=today.isoformat())
