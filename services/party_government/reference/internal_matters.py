"""The matters between organs (机关内部“最多跑一次”事项清单).

One entry is one kind; another is added here and needs nothing else. Promised days, materials and
consents are this platform's own. No finance bureau is among the organs, so the government at the
level stands for its own; the party committee stands for the commission on posts (编委) in it. An
entry stays, because matters refer to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.party_government.domain.internal_matters import Material, MatterKind

_KINDS: Final = (
    MatterKind(
        code="post_change",
        zh="编制、岗位变动",
        en="change of posts",
        organ_kind="human_resources",
        promised_days=5,
        consent_days=3,
        materials=(
            Material("application", "变动申请", "application for the change"),
            Material("post_plan", "岗位设置方案", "plan of posts"),
        ),
        consents=("party_committee",),
        source="《地方各级人民政府机构设置和编制管理条例》（国务院令第486号）",
    ),
    MatterKind(
        code="budget_release",
        zh="预算拨付",
        en="release of budget",
        organ_kind="government",
        promised_days=3,
        consent_days=2,
        materials=(
            Material("application", "拨款申请", "application for the release"),
            Material("budget_approval", "预算批复", "approval of the budget"),
        ),
        source="《中华人民共和国预算法》第五十七条",
    ),
    MatterKind(
        code="asset_transfer",
        zh="国有资产划转",
        en="transfer of state assets",
        organ_kind="government",
        promised_days=7,
        consent_days=3,
        materials=(
            Material("application", "划转申请", "application for the transfer"),
            Material("asset_list", "资产清单", "list of the assets"),
        ),
        receiver=True,
        source="《行政事业性国有资产管理条例》（国务院令第738号）",
    ),
)

KINDS: Final[Mapping[str, MatterKind]] = {one.code: one for one in _KINDS}
"""Every kind by its code."""
