"""digital_government: service items, cases, one-things, ratings."""

from __future__ import annotations

from shared.contracts.digital_government.applications import *
from shared.contracts.digital_government.cases import *
from shared.contracts.digital_government.concerns import *
from shared.contracts.digital_government.items import *
from shared.contracts.digital_government.measures import *
from shared.contracts.digital_government.one_things import *
from shared.contracts.digital_government.ratings import *
from shared.contracts.digital_government.terms import *
from shared.contracts.digital_government.visits import *
