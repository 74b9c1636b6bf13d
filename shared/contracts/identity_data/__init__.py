"""identity_data: people, enterprises, divisions, organs, licences, data sharing, access."""

from __future__ import annotations

from shared.contracts.identity_data.access import *
from shared.contracts.identity_data.agency import *
from shared.contracts.identity_data.catalogue import *
from shared.contracts.identity_data.consent import *
from shared.contracts.identity_data.divisions import *
from shared.contracts.identity_data.enterprises import *
from shared.contracts.identity_data.guardianship import *
from shared.contracts.identity_data.households import *
from shared.contracts.identity_data.licences import *
from shared.contracts.identity_data.measures import *
from shared.contracts.identity_data.objections import *
from shared.contracts.identity_data.organs import *
from shared.contracts.identity_data.people import *
from shared.contracts.identity_data.second_factor import *
from shared.contracts.identity_data.sharing import *
from shared.contracts.identity_data.terms import *
