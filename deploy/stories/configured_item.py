"""An item by configuration alone in story 8: defined, published, applied for and decided, and not a
line of code for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from deploy.stories.stage import Stage
from shared.contracts.digital_government import (
    CaseById,
    CaseDetail,
    ClaimItem,
    DefineItem,
    DrawingOfProcedure,
    ImplementationTerms,
    ItemByCode,
    ItemDefinition,
    OpenApplication,
    PublishItem,
    SubmitApplication,
)
from shared.contracts.identity_data import AppliedItem, ApplyForData, ApproveDataApplication
from shared.errors import NotFound

PROVINCE, COUNTY = "33", "330106"
CATALOGUE, BUREAU = f"catalogue.{PROVINCE}", f"catalogue.{COUNTY}"
PROVIDER = "steward.public_security"
CODE = "residence_permit"
REASON = "须核对申请人的姓名和常住户口所在地"
BASIS = "《居住证暂行条例》第二条、第九条"

ITEM = ItemDefinition.load(
    {
        "name": "居住证申领",
        "name_en": "Residence permit",
        "kind": "administrative_confirmation",
        "organ_kind": "public_security",
        "theme": "moving",
        "levels": ["county"],
        "subject": "person",
        "handling": "promised",
        "statutory_days": 10,
        "legal_basis": "《居住证暂行条例》第二条、第九条、第十条",
        "form": {
            "type": "object",
            "additionalProperties": False,
            "required": ["applicant_name", "applicant_division", "residence_ground", "months"],
            "properties": {
                "applicant_name": {
                    "type": "string",
                    "title": "姓名",
                    "x-source": "person.name",
                },
                "applicant_division": {
                    "type": "string",
                    "title": "常住户口所在地",
                    "x-source": "person.division",
                },
                "residence_ground": {
                    "type": "string",
                    "title": "申领条件",
                    "enum": ["employment", "housing", "study"],
                    "x-source": "applicant",
                },
                "months": {
                    "type": "integer",
                    "title": "在本市居住月数",
                    "minimum": 0,
                    "maximum": 1200,
                    "x-source": "applicant",
                },
            },
        },
        "materials": [
            {
                "key": "identity_card",
                "name": "居民身份证",
                "document": "identity_card",
                "source": "shared_data",
                "facts": ["person.name"],
            }
        ],
        "procedure": [
            {"key": "apply", "name": "申请", "stage": "application", "by": "applicant"},
            {
                "key": "accept",
                "name": "受理",
                "stage": "acceptance",
                "by": "rule",
                "after": ["apply"],
            },
            {
                "key": "decide",
                "name": "决定",
                "stage": "decision",
                "by": "rule",
                "after": ["accept"],
            },
            {
                "key": "deliver",
                "name": "送达",
                "stage": "delivery",
                "by": "case_officer",
                "after": ["decide"],
            },
        ],
        "decision": {
            "columns": [
                {"key": "home", "label": "常住户口所在地", "field": "facts.person.division"},
                {"key": "months", "label": "居住月数", "field": "answers.months"},
            ],
            "rows": [
                {
                    "when": {"home": 'startsWith($, "3301")'},
                    "outcome": "refused",
                    "reason": "常住户口在本市，不属于《居住证暂行条例》第二条规定的申领人",
                },
                {
                    "when": {"months": "< 6"},
                    "outcome": "refused",
                    "reason": "在本市居住未满半年（《居住证暂行条例》第二条）",
                },
                {
                    "outcome": "granted",
                    "reason": "离开常住户口所在地，在本市居住半年以上（《居住证暂行条例》第二条）",
                },
            ],
        },
    }
)
"""A true item as a catalogue manager would write it."""


@dataclass
class ConfiguredItem:
    """What it leaves to be shown: what a rule decided of whom, and the drawing."""

    cases: dict[str, CaseDetail]
    bpmn: str


class ItemTelling:
    """Tells of it."""

    def __init__(self, stage: Stage, day: date) -> None:
        self.stage = stage
        self.day = day

    def whole(self) -> ConfiguredItem:
        """From the empty catalogue to the two decisions."""
        if not self._is_defined():
            self._grant_data()
            self._define()
            self._publish()
        cases = {
            "resident": self._apply("resident", months=30),
            "stranger": self._apply("stranger", months=9),
        }
        self._check(cases)
        drawn = self.stage.ask("stranger", DrawingOfProcedure(code=CODE)).bpmn
        self.stage.check("流程图 · the procedure is drawn as BPMN 2.0", 4, drawn.count("Task id="))
        return ConfiguredItem(cases, drawn)

    def _is_defined(self) -> bool:
        """Whether an earlier run left it, or this one before it was killed."""
        try:
            return self.stage.ask(CATALOGUE, ItemByCode(code=CODE)).in_force is not None
        except NotFound:
            return False

    def _grant_data(self) -> None:
        self.stage.watcher.step("申请数据共享 · the facts that the item needs are applied for")
        order = ApplyForData(
            organ="33-data_resources",
            resource="population_register",
            items=(
                AppliedItem(name="person.name", clear_reason=REASON),
                AppliedItem(name="person.division", clear_reason=REASON),
            ),
            reader="service:digital_government",
            reader_name="浙江政务服务平台（数字政府）",
            matter=CODE,
            purpose=f"办理{ITEM.name}",
            legal_basis=BASIS,
            within=PROVINCE,
            until=self.day.replace(year=self.day.year + 3, day=1),
        )
        applied = self.stage.order(CATALOGUE, "item/apply-for-data", order).id
        approval = ApproveDataApplication(application_id=applied)
        self.stage.order(PROVIDER, "item/approve-data", approval)

    def _define(self) -> None:
        self.stage.watcher.step("编制事项 · the province defines the item as data")
        paper = ITEM.dump()
        paper["materials"][0] |= {"source": "applicant", "facts": []}
        demanding = DefineItem(code=CODE, definition=ItemDefinition.load(paper), effective=self.day)
        self.stage.refused(
            "demanding what government holds", CATALOGUE, demanding, "held-by-government"
        )
        unreachable = ITEM.dump()
        unreachable["procedure"][2]["after"] = []
        broken = DefineItem(
            code=CODE, definition=ItemDefinition.load(unreachable), effective=self.day
        )
        self.stage.refused("a step that nobody reaches", CATALOGUE, broken, "unfit-item")
        order = DefineItem(code=CODE, definition=ITEM, effective=self.day)
        self.stage.order(CATALOGUE, "item/define", order)

    def _publish(self) -> None:
        self.stage.watcher.step("认领发布 · a county claims and publishes it")
        claim = ClaimItem(
            code=CODE,
            division=COUNTY,
            organ=f"{COUNTY}-public_security",
            terms=ImplementationTerms(promised_days=11),
        )
        self.stage.refused("promising more than the law", BUREAU, claim, "promise-too-long")
        kept = ClaimItem(
            code=CODE,
            division=COUNTY,
            organ=f"{COUNTY}-public_security",
            terms=ImplementationTerms(promised_days=1),
        )
        claimed = self.stage.order(BUREAU, "item/claim", kept).id
        self.stage.order(BUREAU, "item/publish", PublishItem(implementation_id=claimed))

    def _apply(self, account: str, *, months: int) -> CaseDetail:
        self.stage.watcher.step(f"秒批 · {account} applies and a rule decides in that moment")
        opening = OpenApplication(matter=CODE, division=COUNTY)
        made = self.stage.order(account, f"item/open/{account}", opening).id
        answers = {"residence_ground": "employment", "months": months}
        handing_in = SubmitApplication(application_id=made, answers=answers)
        self.stage.order(account, f"item/submit/{account}", handing_in)
        return self.stage.ask(account, CaseById(case_id=made))

    def _check(self, cases: dict[str, CaseDetail]) -> None:
        outcomes = {account: (case.state, case.outcome) for account, case in cases.items()}
        self.stage.check(
            "两件当场决定 · decided at once",
            {"resident": ("decided", "refused"), "stranger": ("decided", "granted")},
            outcomes,
        )
        rows = [one.explanation.row for one in cases.values() if one.explanation is not None]
        self.stage.check("各依决策表一行 · each by a row of the table", [1, 3], rows)
        self.stage.check(
            "不予准予附救济途径 · the refusal tells the remedies",
            True,
            cases["resident"].remedies is not None,
        )
        filled = {one.source for one in cases["stranger"].form}
        self.stage.check("表单已预填 · filled from the register", True, len(filled) == 2)
        asked = sum(one.materials_asked for one in cases.values())
        self.stage.check("未要求提交材料 · materials asked", 0, asked)
