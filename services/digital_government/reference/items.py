"""The basic catalogue and the one-things as this system is delivered, from the files beside this
one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from shared.contracts.digital_government import (
    DeclareHeldDocument,
    ImplementationTerms,
    ItemDefinition,
    ThingDefinition,
)
from shared.tables import rows

FOLDER: Final = Path(__file__).parent
TOLERANCE_DAYS: Final = 5
"""Working days within which a material may follow, where one may (容缺受理)."""

REQUIRED: Final = "*"
"""Stands behind the fields of a form that must be filled in."""


@dataclass(frozen=True, slots=True)
class ReferenceItem:
    """An item with what the divisions that offer it promise."""

    code: str
    definition: ItemDefinition
    terms: ImplementationTerms

    @property
    def organ_kind(self) -> str:
        """Whose matter it is."""
        return self.definition.organ_kind

    @property
    def is_offered_everywhere(self) -> bool:
        """Whether every county offers it from the first day: the items of enterprise start-up."""
        return self.code in STARTUP


def read_items(folder: Path = FOLDER) -> dict[str, ReferenceItem]:
    """All items by code; raises `InvalidInput` for a definition that does not fit its contract, and
    ValueError for a code that stands twice or a field that nobody described."""
    fields: dict[str, dict[str, Any]] = json.loads((folder / "fields.json").read_text("utf-8"))
    materials: dict[str, list[dict[str, Any]]] = {}
    for item, key, name, document, source, facts, licence, tolerable in rows(
        folder / "materials.tsv"
    ):
        materials.setdefault(item, []).append(
            {
                "key": key,
                "name": name,
                "document": document,
                "source": source,
                "facts": facts.split(),
                "licence": licence or None,
                "tolerable": tolerable == "yes",
            }
        )
    found: dict[str, ReferenceItem] = {}
    for row in rows(folder / "items.tsv"):
        one = _item(row, fields, materials)
        if one.code in found:
            raise ValueError(f"item {one.code} stands twice")
        found[one.code] = one
    unknown = materials.keys() - found.keys()
    if unknown:
        raise ValueError(f"materials of no item: {', '.join(sorted(unknown))}")
    return found


def _item(
    row: list[str],
    fields: Mapping[str, dict[str, Any]],
    materials: Mapping[str, list[dict[str, Any]]],
) -> ReferenceItem:
    code, name, name_en, kind, organ_kind, theme, level, subject, handling, *rest = row
    statutory_days, promised_days, visits, form, facts, legal_basis = rest
    needed = materials.get(code, [])
    definition = {
        "name": name,
        "name_en": name_en,
        "kind": kind,
        "organ_kind": organ_kind,
        "theme": theme,
        "levels": [level],
        "subject": subject,
        "handling": handling,
        "statutory_days": int(statutory_days),
        "legal_basis": legal_basis,
        "facts": facts.split(),
        "materials": needed,
        "form": _form(code, form.split(), facts.split(), fields),
        "tolerance_days": TOLERANCE_DAYS if any(one["tolerable"] for one in needed) else 0,
        "establishes": "enterprise" if code == REGISTRATION else None,
    }
    return ReferenceItem(
        code=code,
        definition=ItemDefinition.load(definition),
        terms=ImplementationTerms(
            promised_days=int(promised_days),
            visits=int(visits),
            # What needs nobody at the office that decides can be handed in at any.
            across="none" if int(visits) else "province",
        ),
    )


def _form(
    code: str, wanted: list[str], facts: list[str], fields: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    """The form: what government knows of the subject first, then what the applicant is asked."""
    by_source = {field["x-source"]: key for key, field in fields.items()}
    known = [by_source[fact] for fact in facts if fact in by_source]
    asked = [one.removesuffix(REQUIRED) for one in wanted]
    unknown = [key for key in asked if key not in fields]
    if unknown:
        raise ValueError(f"{code}: nobody described the fields {', '.join(unknown)}")
    if not known and not asked:
        return {}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [one.removesuffix(REQUIRED) for one in wanted if one.endswith(REQUIRED)],
        "properties": {key: fields[key] for key in (*known, *asked)},
    }


def read_documents(folder: Path = FOLDER) -> Iterator[DeclareHeldDocument]:
    """The kinds of documents that government holds itself."""
    for document, name, facts, licence in rows(folder / "documents.tsv"):
        yield DeclareHeldDocument.load(
            {
                "document": document,
                "name": name,
                "facts": facts.split(),
                "licence": licence or None,
            }
        )


def read_things(folder: Path = FOLDER) -> dict[str, ThingDefinition]:
    """All one-things by code."""
    content: dict[str, Any] = json.loads((folder / "one_things.json").read_text("utf-8"))
    return {code: ThingDefinition.load(one) for code, one in content.items()}


REGISTRATION: Final = "enterprise_registration"
THINGS: Final = MappingProxyType(read_things())
STARTUP: Final = tuple(one.matter for one in THINGS["enterprise_startup"].matters)
ITEMS: Final[Mapping[str, ReferenceItem]] = MappingProxyType(read_items())
HELD_DOCUMENTS: Final = tuple(read_documents())
