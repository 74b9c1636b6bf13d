"""Public documents of the digital reform, as they were issued, each with where it can be read.

Their texts are not in the register, so they are linked as a whole. Days of issue are those under
the documents, which hold from then on. Whether one was repealed since is not recorded here: the
offices that issued them enter that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.contracts.party_government import Basis, IssuePolicyDocument


@dataclass(frozen=True)
class ReferenceDocument:
    """A document of an organ in a division, and the page that shows number, day and title."""

    key: str
    division: str
    order: IssuePolicyDocument
    source: str


def _issued(
    division: str, number: str, title: str, day: date, *basis: Basis
) -> IssuePolicyDocument:
    return IssuePolicyDocument(
        organ=f"{division}-government",
        number=number,
        title=title,
        issued_on=day,
        valid_from=day,
        basis=basis,
    )


DOCUMENTS: Final = (
    ReferenceDocument(
        "zhejiang-2018-48",
        "33",
        _issued(
            "33",
            "浙政发〔2018〕48号",
            "浙江省人民政府关于印发浙江省深化“最多跑一次”改革推进政府数字化转型工作总体方案的通知",
            date(2018, 12, 28),
            Basis(
                title="浙江省深化“最多跑一次”改革推进政府职能转变和“放管服”改革行动计划（2018—2022年）"
            ),
            Basis(title="深化数字浙江建设实施方案"),
        ),
        "https://zh.wikisource.org/zh-hant/浙江省人民政府关于印发浙江省深化“最多跑一次”改革推进政府数字化转型工作总体方案的通知",
    ),
    ReferenceDocument(
        "zhejiang-2021-13",
        "33",
        _issued(
            "33",
            "浙政发〔2021〕13号",
            "浙江省人民政府关于印发浙江省数字政府建设“十四五”规划的通知",
            date(2021, 6, 4),
            Basis(title="浙江省国民经济和社会发展第十四个五年规划和二〇三五年远景目标纲要"),
        ),
        "http://e-gov.org.cn/article-177595.html",
    ),
    ReferenceDocument(
        "hangzhou-2022-68",
        "3301",
        _issued(
            "3301",
            "杭政函〔2022〕68号",
            "杭州市人民政府关于印发杭州市深化数字政府建设实施方案的通知",
            date(2022, 11, 1),
            Basis(number="国发〔2022〕14号", title="国务院关于加强数字政府建设的指导意见"),
            Basis(
                number="浙政发〔2022〕20号", title="浙江省人民政府关于深化数字政府建设的实施意见"
            ),
        ),
        "http://www.hangzhou.gov.cn/art/2022/11/8/art_1229063387_1827091.html",
    ),
)
