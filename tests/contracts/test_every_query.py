"""What every query of every service promises, whatever it asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.context import ANONYMOUS, Headers, Principal
from shared.contracts.base import SERVICES, Query, queries_of
from shared.errors import InvalidInput, NotAllowed, NotAuthenticated
from shared.testing.harness import ServiceHarness
from shared.testing.samples import faults_of, sample, with_faults

Rows = Callable[[ServiceHarness], dict[str, int]]
Named = Callable[[str], ServiceHarness]

EVERY = [
    (service, query)
    for service in SERVICES
    for query in (*queries_of(service).values(), *queries_of("platform").values())
]
# What is public by law or says nothing of anybody.
FOR_ANYBODY = {
    "ItemsOffered",
    "ItemByCode",
    "DrawingOfProcedure",
    "OneThingsOffered",
    "OneThingByCode",
    "PublishedRatings",
    "PublishedAnswers",
    "FreePeriods",
    "CallBoard",
    "VerifyLicence",
    "LicenceKeys",
    "LicenceCatalogue",
    "DivisionsBelow",
    "OrganById",
    "OrgansBelow",
}
# Public too, but not to be collected without an account, or about the caller alone.
FOR_WHOEVER_SIGNED_IN = {
    "CheckEnterpriseName",
    "EnterpriseByCreditCode",
    "MySessions",
    "MyAgencies",
    "DataCatalogue",
    "DataResourceById",
    "ConsentAgreementById",
}
# Who holds which post is no secret among officials.
FOR_OFFICIALS = {
    "LaddersInForce",
    "CriticisedOrgans",
    "PostsOfOrgan",
    "MyPosts",
    "IndicatorDefinitions",
    "InternalMatterKinds",
    "EditionsOfIndicator",
    "AlertRulesInForce",
    "Concepts",
    "Practices",
    "BestApplications",
    "TraceConcept",
    "PolicyDocumentById",
    "PolicyDocuments",
    "WhatRepealTouches",
    "ClausesBehind",
}
STRANGERS = {
    "resident": Principal("resident-elsewhere", "resident", "330203", person="p-elsewhere"),
    "official": Principal("official-elsewhere", "official", "330203", "330203-government"),
}


def for_all(*allowed: str) -> Any:
    """Every query but those which such a caller may ask."""
    pairs = [(s, q) for s, q in EVERY if q.NAME not in allowed]
    names = [f"{service}.{query.NAME}" for service, query in pairs]
    return pytest.mark.parametrize(("service", "query"), pairs, ids=names)


@for_all(*FOR_ANYBODY)
def test_an_anonymous_caller_is_asked_to_sign_in(
    standing_service: Named, service: str, query: type[Query[Any]]
) -> None:
    with pytest.raises(NotAuthenticated):
        standing_service(service).execute(sample(query), ANONYMOUS)


@pytest.mark.parametrize("kind", STRANGERS)
@for_all(*FOR_ANYBODY, *FOR_WHOEVER_SIGNED_IN)
def test_a_stranger_is_refused(
    standing_service: Named, service: str, query: type[Query[Any]], kind: str
) -> None:
    kind = "resident" if query.NAME in FOR_OFFICIALS else kind
    with pytest.raises(NotAllowed):
        standing_service(service).execute(sample(query), STRANGERS[kind])


@for_all()
def test_each_kind_of_fault_is_refused_and_its_field_named(
    standing_service: Named, rows_of: Rows, service: str, query: type[Query[Any]]
) -> None:
    harness = standing_service(service)
    before = rows_of(harness)
    for name, faults in faults_of(query).items():
        for kind, value in faults.items():
            wrong = with_faults(query, {name: (kind, value)}) | {"no_such_field": 17}
            with pytest.raises(InvalidInput) as refusal:
                harness.runtime.pipeline.execute(query.NAME, wrong, Headers())
            assert set(refusal.value.fields) == {name, "no_such_field"}, kind
    assert rows_of(harness) == before
