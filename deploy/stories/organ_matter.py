"""A matter between organs in story 1 (机关内部“最多跑一次”): one bureau hands devices to another,
with one application."""

from __future__ import annotations

from deploy.stories.stage import Stage
from shared.contracts.party_government import (
    AcceptInternalMatter,
    AnswerMatterConsent,
    DecideInternalMatter,
    InternalMatterById,
    InternalMatterFile,
    MatterHandling,
    MatterMaterial,
    OneScreen,
    SubmitInternalMatter,
)

COUNTY = "330106"
GIVING, RECEIVING = f"{COUNTY}-market_regulation", f"{COUNTY}-taxation"
GIVER, RECEIVER, DECIDER = "official.market_regulation", "official.taxation", f"office.{COUNTY}"
LIST = MatterMaterial(material="asset_list", document="燃气检测设备清单")
APPLICATION = MatterMaterial(material="application", document="资产划转申请")
IN_TIME = "internal_matters_in_time_percent"


class MatterTelling:
    """Tells of it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.matter = ""

    def hand_over(self) -> InternalMatterFile:
        """From the application to the decision, which waits for the consent of who receives."""
        self.stage.watcher.step("机关内部事项 · devices pass to another bureau, applied for once")
        self.stage.refused("without a material", GIVER, self._submission(LIST), "materials-missing")
        submitted = self.stage.order(GIVER, "matter/submit", self._submission(APPLICATION, LIST))
        self.matter = submitted.id
        parts = {one.role: one.handling_id for one in self._file().handlings}
        deciding, receiving = parts["decide"], parts["receive"]
        accept = AcceptInternalMatter(handling_id=deciding)
        self.stage.order(DECIDER, "matter/accept", accept)
        grant = DecideInternalMatter(handling_id=deciding, outcome="granted", reasons="符合规定")
        self.stage.refused("decided before the consent", DECIDER, grant, "consents-awaited")
        objection = AnswerMatterConsent(
            handling_id=receiving, agreed=False, opinion="清单缺少设备编号"
        )
        self.stage.order(RECEIVER, "matter/object", objection)
        self.stage.refused("granted against an objection", DECIDER, grant, "consent-refused")
        consent = AnswerMatterConsent(handling_id=receiving, agreed=True, opinion="编号已补")
        self.stage.order(RECEIVER, "matter/consent", consent)
        self.stage.order(DECIDER, "matter/decide", grant)
        self.stage.settle()
        decided = self._file()
        self.stage.check("the matter", ("decided", "granted"), _outcome(decided))
        self.stage.check("everybody in time", {"green"}, _colours(decided.handlings))
        self.stage.check("in time, on the county's screen", 100.0, self._shown())
        return decided

    def _submission(self, *materials: MatterMaterial) -> SubmitInternalMatter:
        return SubmitInternalMatter(
            organ=GIVING,
            kind="asset_transfer",
            title="燃气检测设备划转",
            content="专项整治购置的燃气检测设备10台划转使用",
            materials=materials,
            receiver=RECEIVING,
        )

    def _file(self) -> InternalMatterFile:
        return self.stage.ask(DECIDER, InternalMatterById(matter_id=self.matter))

    def _shown(self) -> float | None:
        screen = self.stage.ask(DECIDER, OneScreen(division=COUNTY))
        return next(one.value for one in screen.indicators if one.code == IN_TIME)


def _outcome(file: InternalMatterFile) -> tuple[str, str | None]:
    return file.matter.state, file.matter.outcome


def _colours(handlings: tuple[MatterHandling, ...]) -> set[str]:
    return {one.colour for one in handlings}
