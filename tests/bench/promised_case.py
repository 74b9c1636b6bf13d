"""The item whose cases the bench handles, and the seven commands of each."""

from __future__ import annotations

import base64
from typing import Any

from shared.contracts.base import Command
from shared.contracts.digital_government import (
    AcceptCase,
    AttachMaterial,
    DecideCase,
    DeliverResult,
    ItemDefinition,
    OpenApplication,
    SubmitApplication,
)

RESIDENT, OFFICIAL = "resident", "official.public_security"
CATALOGUE, BUREAU = "catalogue.33", "catalogue.330106"
CODE, COUNTY = "bench_permit", "330106"
ORGAN = f"{COUNTY}-public_security"
ITEM = ItemDefinition.load(
    {
        "name": "压测许可",
        "name_en": "A permit for the bench",
        "kind": "administrative_licence",
        "organ_kind": "public_security",
        "theme": "moving",
        "levels": ["county"],
        "subject": "person",
        "handling": "promised",
        "statutory_days": 20,
        "legal_basis": "《中华人民共和国行政许可法》第四十二条",
        "form": {
            "type": "object",
            "additionalProperties": False,
            "required": ["place"],
            "properties": {
                "place": {"type": "string", "title": "地点", "x-source": "applicant"},
            },
        },
        "materials": [
            {
                "key": name,
                "name": title,
                "document": f"bench_{name}",
                "source": "applicant",
                "tolerable": name == "drawing",
            }
            for name, title in (("plan", "方案"), ("drawing", "图纸"))
        ],
        "tolerance_days": 3,
    }
)
"""It needs no shared facts, one document at once and another after the acceptance."""

FILE = base64.b64encode(b"%PDF-1.7\n" + b"0123456789abcdef" * 64).decode()
ANSWERS = {"place": "浙江省杭州市西湖区灵隐街道示范路1号"}
OPENING = OpenApplication(matter=CODE, division=COUNTY)


def after_opening(application: str) -> list[tuple[str, Command[Any]]]:
    """The six commands that carry an application to its result, each with who gives it."""
    return [
        (RESIDENT, _file(application, "plan")),
        (RESIDENT, SubmitApplication(application_id=application, answers=ANSWERS)),
        (OFFICIAL, AcceptCase(case_id=application)),
        (RESIDENT, _file(application, "drawing")),
        (OFFICIAL, DecideCase(case_id=application, outcome="granted")),
        (OFFICIAL, DeliverResult(case_id=application, way="electronic", reference="bench")),
    ]


def _file(application: str, material: str) -> AttachMaterial:
    return AttachMaterial(
        application_id=application, material=material, file_name="bench.pdf", content=FILE
    )
