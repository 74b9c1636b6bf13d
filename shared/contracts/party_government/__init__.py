"""party_government: directives, tasks, indicators, evaluation, supervision, the one screen."""

from __future__ import annotations

from shared.contracts.party_government.directives import *
from shared.contracts.party_government.duties import *
from shared.contracts.party_government.evaluation import *
from shared.contracts.party_government.indicators import *
from shared.contracts.party_government.internal_matters import *
from shared.contracts.party_government.measures import *
from shared.contracts.party_government.policy_documents import *
from shared.contracts.party_government.screen import *
from shared.contracts.party_government.supervision import *
from shared.contracts.party_government.tasks import *
from shared.contracts.party_government.theory import *
