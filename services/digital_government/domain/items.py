"""The rules of the item catalogue: what an item may say, who may claim it, when it is offered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from services.digital_government.domain import decisions, forms, procedures
from shared.contracts.digital_government import ImplementationTerms, ItemDefinition, Material
from shared.contracts.identity_data import FactName
from shared.divisions import Level, level_of
from shared.errors import InvalidInput, RuleBroken

CATALOGUE: Final = "33"
"""The division whose catalogue it is."""

GENERATED: Final = "gen_"
"""How the codes of generated items begin, and of no others: such items are made up, can be applied
for by nobody, and are counted nowhere."""

ONLINE_FROM: Final = 2
"""From this depth on an item can be applied for online."""


class ItemState(StrEnum):
    """Where an item of the basic catalogue stands."""

    PLANNED = "planned"  # 未生效
    IN_FORCE = "in_force"  # 现行
    CANCELLED = "cancelled"  # 已取消


class ImplementationState(StrEnum):
    """Where a division's implementation of an item stands."""

    DRAFT = "draft"  # 待发布
    PUBLISHED = "published"  # 已发布
    WITHDRAWN = "withdrawn"  # 已停用


class CodeOfGenerated(RuleBroken):
    """Nobody defines an item that would be taken for a generated one."""

    zh = "“{code}”属于生成事项的编码段，请另取编码"
    en = "“{code}” is a code of generated items; take another"


class ItemExists(RuleBroken):
    """The code is taken, be the item in force or cancelled."""

    zh = "事项编码“{code}”已在基本目录中；请修订该事项，或另取编码"
    en = "item “{code}” is in the catalogue already; revise it, or take another code"


class NotTheProvinces(RuleBroken):
    """One catalogue holds for all divisions, and the province keeps it."""

    zh = "基本目录由省级编制，“{division}”不能编制"
    en = "the basic catalogue is the province's, not that of “{division}”"


class UnfitItem(InvalidInput):
    """The item cannot be put in the catalogue like this; each sentence says what to mend."""

    zh = "事项定义有误，请逐条更正"
    en = "the item cannot stand like this; mend what each sentence says"


class ItemNotInForce(RuleBroken):
    """What is claimed or published must be in the basic catalogue and in force."""

    zh = "基本目录事项“{code}”未生效或已取消，不能认领或发布"
    en = "item “{code}” of the basic catalogue is not in force, so nobody can offer it"


class LevelDoesNotHandle(RuleBroken):
    """The catalogue says at which levels an item is handled (行使层级)."""

    zh = "“{division}”的层级不办理该事项；行使层级为：{levels}"
    en = "“{division}” is of no level that handles the item: {levels}"


class NotTheItemsOrgan(RuleBroken):
    """An item is claimed by the division's organ of the kind that the catalogue names."""

    zh = "该事项应当由“{organ}”认领"
    en = "this item is claimed by “{organ}”"


class PromiseTooLong(RuleBroken):
    """A promise is never longer than the law allows (承诺期限不得超过法定期限)."""

    zh = "承诺{promised}个工作日，超过法定{statutory}个工作日"
    en = "{promised} working days are promised, and the law allows {statutory}"


class HeldByGovernment(RuleBroken):
    """Nobody is asked for what government holds itself (Regulations on Optimising the Business
    Environment article 37)."""

    zh = "下列材料政府已掌握，不得要求申请人提供，请改为共享数据或电子证照：{materials}"
    en = "government holds these itself, so no applicant brings them; have them shared: {materials}"


class NothingToPublish(RuleBroken):
    """What is published stands as it was drafted."""

    zh = "没有待发布的修订"
    en = "there is no draft to publish"


class NotOffered(RuleBroken):
    """Only what is offered can be withdrawn."""

    zh = "“{id}”尚未发布或已停用"
    en = "“{id}” is not offered"


class ImplementationWithdrawn(RuleBroken):
    """A withdrawn implementation is claimed anew before it is offered again."""

    zh = "实施清单“{id}”已停用；请先修订，再发布"
    en = "“{id}” is withdrawn; revise its terms, then publish it"


class AlreadyClaimed(RuleBroken):
    """A division has one implementation of an item."""

    zh = "“{id}”已认领；请修订实施清单"
    en = "“{id}” is claimed already; revise its terms"


class DayHasPassed(RuleBroken):
    """What is planned for a day is planned before it ends."""

    zh = "计划日期 {day} 已过"
    en = "the planned day {day} is over"


class EditionPlanned(RuleBroken):
    """One edition waits at a time."""

    zh = "第{edition}版尚未生效；待其生效后再修订"
    en = "edition {edition} has not taken effect yet; revise the item when it has"


class ItemCancelledAlready(RuleBroken):
    """What is cancelled, or is to be, is neither revised nor cancelled again."""

    zh = "事项“{code}”已取消或已有取消计划"
    en = "item “{code}” is cancelled, or its end is planned"


def require_sound(definition: ItemDefinition) -> None:
    """Raise `UnfitItem` with everything that is wrong with a definition, by its parts."""
    faults = {
        "form": list(forms.faults_of(definition.form)),
        "facts": list(_faults_of_facts(definition)),
        "materials": list(_faults_of_materials(definition)),
        "procedure": list(
            procedures.faults_of(definition.procedure, has_table=definition.decision is not None)
        ),
        "decision": [],
        "fee_basis": [],
    }
    if definition.decision is not None:
        faults["decision"] = list(decisions.faults_of(definition.decision, known_to(definition)))
    if definition.fee and not definition.fee_basis:
        faults["fee_basis"] = ["收费应当写明依据 / a fee needs its basis"]
    if any(faults.values()):
        raise UnfitItem(fields={name: told for name, told in faults.items() if told})


def known_to(definition: ItemDefinition) -> set[str]:
    """The values that decisions and conditions of an item can look at."""
    answers = {f"answers.{key}" for key in forms.fields_of(definition.form)}
    reviews = {f"reviews.{step.key}" for step in definition.procedure if step.stage == "review"}
    return answers | {f"facts.{fact}" for fact in facts_of(definition)} | reviews | {"today"}


def facts_of(definition: ItemDefinition) -> tuple[FactName, ...]:
    """All facts that are read for an item: for its form, its materials and its handling."""
    of_materials = (fact for one in definition.materials for fact in one.facts)
    return tuple(
        dict.fromkeys((*forms.facts_asked_by(definition.form), *of_materials, *definition.facts))
    )


def _faults_of_facts(definition: ItemDefinition) -> Iterator[str]:
    for fact in facts_of(definition):
        if not fact.startswith(f"{definition.subject}."):
            yield (
                f"“{fact}”不是服务对象的信息 / “{fact}” is nothing of the {definition.subject} "
                "whom the item is for"
            )


def _faults_of_materials(definition: ItemDefinition) -> Iterator[str]:
    keys = {material.key for material in definition.materials}
    if len(keys) < len(definition.materials):
        yield "材料标识重复 / two materials have one key"
    for one in definition.materials:
        if one.source == "shared_data" and not one.facts:
            yield f"“{one.name}”未写明共享的信息项 / “{one.name}”: which facts stand for it?"
        if one.source == "licence" and one.licence is None:
            yield f"“{one.name}”未写明电子证照 / “{one.name}”: which licence stands for it?"
        if one.tolerable and not definition.tolerance_days:
            yield f"“{one.name}”可容缺，但未写明容缺期限 / “{one.name}” may follow, but until when?"


def require_not_held(definition: ItemDefinition, held: Mapping[str, str]) -> None:
    """Raise `HeldByGovernment` where an applicant is to bring what government holds; `held` has
    the names of such documents by their codes."""
    demanded = filter(is_demanded, definition.materials)
    refused = [one.name for one in demanded if one.document in held]
    if refused:
        raise HeldByGovernment(materials="、".join(refused))


def is_demanded(material: Material) -> bool:
    """Whether the applicant has to bring it."""
    return material.source == "applicant"


def is_generated(code: str) -> bool:
    """Whether an item is made up."""
    return code.startswith(GENERATED)


def require_true_code(code: str) -> None:
    """Raise `CodeOfGenerated` for a code that marks what is made up."""
    if is_generated(code):
        raise CodeOfGenerated(code=code)


def require_of_province(division: str) -> None:
    """Raise `NotTheProvinces` for the catalogue of any other division."""
    if division != CATALOGUE:
        raise NotTheProvinces(division=division)


def require_claimable(definition: ItemDefinition, division: str, organ: str) -> None:
    """Raise `LevelDoesNotHandle` or `NotTheItemsOrgan` unless that organ may claim the item."""
    if Level(level_of(division)).name.lower() not in definition.levels:
        raise LevelDoesNotHandle(division=division, levels="、".join(definition.levels))
    right = f"{division}-{definition.organ_kind}"
    if organ != right:
        raise NotTheItemsOrgan(organ=right)


def require_within_law(definition: ItemDefinition, terms: ImplementationTerms) -> None:
    """Raise `PromiseTooLong` where more days are promised than the law allows."""
    if terms.promised_days > definition.statutory_days:
        raise PromiseTooLong(promised=terms.promised_days, statutory=definition.statutory_days)


def require_to_come(day: date, today: date) -> None:
    """Raise `DayHasPassed` for a planned day before today."""
    if day < today:
        raise DayHasPassed(day=day.isoformat())
