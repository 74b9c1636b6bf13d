"""Items that are made up, so that a catalogue has the size of a province's: marked by their codes,
offered by nobody in truth, counted nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from random import Random
from typing import Any, Final

from services.digital_government.domain.items import GENERATED
from services.digital_government.reference.items import FOLDER, ReferenceItem
from shared.contracts.digital_government import ImplementationTerms, ItemDefinition
from shared.tables import rows

BASIS: Final = "生成的示例事项，没有法律依据；依《中华人民共和国行政许可法》第四条，不得据以办理"
"""What stands in the place of a legal basis: that there is none, and that nothing is handled
without one (Administrative Licensing Law article 4)."""

VERBS: Final = (
    ("核发", "administrative_licence"),
    ("变更", "administrative_licence"),
    ("延续", "administrative_licence"),
    ("注销", "administrative_licence"),
    ("补发", "administrative_licence"),
    ("备案", "other_power"),
    ("年度核验", "other_power"),
    ("资格认定", "administrative_confirmation"),
    ("情况确认", "administrative_confirmation"),
    ("证明开具", "administrative_confirmation"),
    ("费用减免", "administrative_payment"),
    ("补贴申领", "administrative_payment"),
    ("表彰申报", "administrative_reward"),
    ("方案审查", "other_power"),
    ("验收", "other_power"),
    ("档案查询", "public_service"),
    ("咨询预约", "public_service"),
)
"""What an item does with its object, and of which kind it is then."""

MOST: Final = 14 * 12 * len(VERBS)
"""So many can be told apart by organ, object and verb."""


def generated_items(number: int, seed: int = 1) -> Iterator[ReferenceItem]:
    """So many items, the same for the same seed; ValueError for more than can be told apart."""
    if not 0 <= number <= MOST:
        raise ValueError(f"{number} items cannot be generated, {MOST} at most")
    about = [
        (organ_kind, theme, thing)
        for organ_kind, theme, things in rows(FOLDER / "generated.tsv")
        for thing in things.split()
    ]
    chance = Random(seed)
    pairs = product(VERBS, about)
    for position, ((verb, kind), (organ_kind, theme, thing)) in enumerate(islice(pairs, number), 1):
        yield _item(position, f"{thing}{verb}", kind, organ_kind, theme, chance)


def _item(
    position: int, name: str, kind: str, organ_kind: str, theme: str, chance: Random
) -> ReferenceItem:
    statutory = chance.choice((0, 5, 10, 15, 20, 30, 45, 60))
    visits = chance.choice((0, 0, 0, 1, 1, 2))
    definition: dict[str, Any] = {
        "name": f"{name}（生成）",
        "name_en": f"Generated item {position}",
        "kind": kind,
        "organ_kind": organ_kind,
        "theme": theme,
        "levels": ["province", "city", "county"],
        "subject": chance.choice(("person", "enterprise")),
        "handling": "promised" if statutory else "on_the_spot",
        "statutory_days": statutory,
        "legal_basis": BASIS,
        "materials": [
            {
                "key": f"document_{number}",
                "name": f"申请材料{number}",
                "document": f"generated_document_{number}",
                "source": "applicant",
            }
            for number in range(1, chance.randint(1, 4))
        ],
    }
    terms = ImplementationTerms(
        promised_days=chance.randint(min(1, statutory), statutory),
        visits=visits,
        across="none" if visits else "province",
    )
    code = f"{GENERATED}{position:05}"
    return ReferenceItem(code, ItemDefinition.load(definition), terms)
