"""The tables: all that this service keeps, a file for each theme."""

from __future__ import annotations

from services.party_government.models.base import Model
from services.party_government.models.directives import Directive, Dispatch, Receipt
from services.party_government.models.duties import AdoptedLadder, Duty
from services.party_government.models.evaluation import (
    Evaluation,
    EvaluationAppeal,
    EvaluationResult,
    EvaluationScheme,
    EvaluationVersion,
    SchemeInForce,
)
from services.party_government.models.indicators import (
    DefinedIndicator,
    DefinitionEdition,
    IndicatorCatalogue,
    IndicatorTarget,
)
from services.party_government.models.internal_matters import InternalMatter, MatterHandling
from services.party_government.models.organs import KnownOrgan
from services.party_government.models.policy_documents import (
    ClauseLink,
    DocumentBasis,
    DocumentEdition,
    PolicyDocument,
)
from services.party_government.models.screen import (
    KnownMerger,
    Measure,
    MeasureTotal,
    MeasureValue,
    Passage,
    RebuiltMerger,
    RebuiltValue,
    ScreenRebuild,
    ScreenSequence,
)
from services.party_government.models.supervision import (
    CaseTally,
    ReadingDay,
    RectificationOrder,
    SupervisionAlert,
    TunedAlertRule,
    WatchedCase,
)
from services.party_government.models.tasks import (
    CentralTask,
    Milestone,
    MilestoneReport,
    PlanEdition,
    TaskDeadline,
    TaskReport,
)
from services.party_government.models.theory import Adoption, Concept, Practice, ResearchTopic

__all__ = [
    "AdoptedLadder",
    "Adoption",
    "CaseTally",
    "CentralTask",
    "ClauseLink",
    "Concept",
    "DefinedIndicator",
    "DefinitionEdition",
    "Directive",
    "Dispatch",
    "DocumentBasis",
    "DocumentEdition",
    "Duty",
    "Evaluation",
    "EvaluationAppeal",
    "EvaluationResult",
    "EvaluationScheme",
    "EvaluationVersion",
    "IndicatorCatalogue",
    "IndicatorTarget",
    "InternalMatter",
    "KnownMerger",
    "KnownOrgan",
    "MatterHandling",
    "Measure",
    "MeasureTotal",
    "MeasureValue",
    "Milestone",
    "MilestoneReport",
    "Model",
    "Passage",
    "PlanEdition",
    "PolicyDocument",
    "Practice",
    "ReadingDay",
    "RebuiltMerger",
    "RebuiltValue",
    "Receipt",
    "RectificationOrder",
    "ResearchTopic",
    "SchemeInForce",
    "ScreenRebuild",
    "ScreenSequence",
    "SupervisionAlert",
    "TaskDeadline",
    "TaskReport",
    "TunedAlertRule",
    "WatchedCase",
]
