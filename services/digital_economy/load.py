"""Example policies for demonstrations: true to the form of real ones, but nobody issued them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from services.digital_economy.commands import publish_policy
from shared.context import Context
from shared.contracts.digital_economy import Criterion, PublishPolicy
from shared.loading import LoadStep
from shared.settings import Settings

YUAN: Final = 100

EXAMPLES: Final = (
    PublishPolicy(
        title="【示例】西湖区新设小微企业一次性创业补贴实施办法",
        number="西政示例〔2021〕1号",
        division="330106",
        valid_from=date(2021, 3, 1),
        valid_to=date(2030, 12, 31),
        amount=5_000 * YUAN,
        criteria=(
            Criterion(
                test="division_within", value="330106", clause="《示例办法》第二条（适用范围）"
            ),
            Criterion(
                test="capital_at_most",
                value=str(5_000_000 * YUAN),
                clause="《示例办法》第三条第（一）项（小微企业规模）",
            ),
            Criterion(
                test="age_at_most", value="365", clause="《示例办法》第三条第（二）项（新设立）"
            ),
        ),
    ),
    PublishPolicy(
        title="【示例】浙江省软件和信息技术服务业企业培育奖励办法",
        number="浙经信示例〔2021〕2号",
        division="33",
        valid_from=date(2021, 3, 1),
        valid_to=date(2030, 12, 31),
        amount=20_000 * YUAN,
        criteria=(
            Criterion(
                test="industry_is",
                value="软件和信息技术服务业",
                clause="《示例奖励办法》第四条（行业，GB/T 4754-2017 第65大类）",
            ),
            Criterion(
                test="division_within", value="33", clause="《示例奖励办法》第二条（适用范围）"
            ),
        ),
    ),
    PublishPolicy(
        title="【示例】浙江省成长型企业首次贷款贴息办法",
        number="浙财金示例〔2021〕3号",
        division="33",
        valid_from=date(2021, 3, 1),
        valid_to=date(2030, 12, 31),
        amount=50_000 * YUAN,
        criteria=(
            Criterion(
                test="capital_at_least",
                value=str(10_000_000 * YUAN),
                clause="《示例贴息办法》第五条第（一）项（资本规模）",
            ),
            Criterion(
                test="age_at_most",
                value=str(5 * 365),
                clause="《示例贴息办法》第五条第（二）项（成立年限）",
            ),
        ),
    ),
)


def steps(settings: Settings) -> Iterator[LoadStep]:
    """The example policies, in one step; they are published like any other."""
    yield LoadStep("example_policies", "示例惠企政策", len(EXAMPLES), _publish_examples)


def _publish_examples(context: Context) -> None:
    for order in EXAMPLES:
        context.unit.add(publish_policy(order, context))
