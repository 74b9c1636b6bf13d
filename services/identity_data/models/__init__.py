"""The tables: access, posts, registers, households, guardianships, licences, readings, divisions,
and the measures of all."""

from __future__ import annotations

from services.identity_data.models.access import (
    Account,
    Calendar,
    FailedSignIns,
    SigningKey,
    SignInSession,
)
from services.identity_data.models.agency import Agency
from services.identity_data.models.base import Model
from services.identity_data.models.catalogue import DataItem, DataResource
from services.identity_data.models.consents import Consent, ConsentAgreement
from services.identity_data.models.divisions import (
    Division,
    DivisionMerger,
    Organ,
    OrganRegister,
    Passage,
)
from services.identity_data.models.guardianship import Guardianship
from services.identity_data.models.households import Household
from services.identity_data.models.licences import Licence
from services.identity_data.models.objections import DataObjection
from services.identity_data.models.posts import Appointment, Post
from services.identity_data.models.registers import (
    Consolidation,
    Enterprise,
    NameReservation,
    Person,
    RegistryImport,
)
from services.identity_data.models.roles import EnterpriseRole
from services.identity_data.models.second_factor import SecondFactor
from services.identity_data.models.sharing import (
    DataApplication,
    DataGrant,
    GrantTerms,
    GrantUse,
    SharedReading,
)
from shared import measures
from shared.contracts.identity_data import MeasureChanged


class Measure(measures.Measure, Model, kw_only=True, eq=False):
    """The leaf measures that this service owns."""

    __tablename__ = "measure"

    event = MeasureChanged


__all__ = [
    "Account",
    "Agency",
    "Appointment",
    "Calendar",
    "Consent",
    "ConsentAgreement",
    "Consolidation",
    "DataApplication",
    "DataGrant",
    "DataItem",
    "DataObjection",
    "DataResource",
    "Division",
    "DivisionMerger",
    "Enterprise",
    "EnterpriseRole",
    "FailedSignIns",
    "GrantTerms",
    "GrantUse",
    "Guardianship",
    "Household",
    "Licence",
    "Measure",
    "Model",
    "NameReservation",
    "Organ",
    "OrganRegister",
    "Passage",
    "Person",
    "Post",
    "RegistryImport",
    "SecondFactor",
    "SharedReading",
    "SignInSession",
    "SigningKey",
]
