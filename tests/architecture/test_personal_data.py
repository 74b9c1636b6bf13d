"""Every query that answers personal data says so, and so leaves an audit row."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

import pytest

from shared.contracts.base import SERVICES, Contract, Query, queries_of
from shared.contracts.fields import PersonName, ResidentNumber
from shared.security.authorisation import policies

QUERIES = [query for service in (*SERVICES, "platform") for query in queries_of(service).values()]
PERSONAL_FIELDS = (ResidentNumber, PersonName)
# Queries that the rules below find, and the reason why no reading of them is recorded.
NOT_PERSONAL: dict[str, str] = {}


def contracts_in(annotation: Any) -> Iterator[type[Contract]]:
    """The contracts that an annotation is about, at any depth, that of the reply first."""
    if isinstance(annotation, type) and issubclass(annotation, Contract):
        yield annotation
        for field in typing.get_type_hints(annotation).values():
            yield from contracts_in(field)
    for argument in typing.get_args(annotation):
        yield from contracts_in(argument)


def fields_in(reply: type[Contract]) -> Iterator[Any]:
    """The annotations of all fields of a reply and of what is in it, without an optional's None."""
    for contract in contracts_in(reply):
        for annotation in typing.get_type_hints(contract, include_extras=True).values():
            yield annotation
            yield from typing.get_args(annotation)


def asked_for_its_owner(query: type[Query[Any]]) -> bool:
    """Whether some policy lets a person have it because it is the person's own."""
    return any(query.NAME in one.actions and "owner" in one.attributes for one in policies())


# What somebody may see because it is his own is personal, and so it is in any other reply.
OWN = {query.RETURNS for query in QUERIES if asked_for_its_owner(query)}


def is_personal(query: type[Query[Any]]) -> bool:
    return (
        asked_for_its_owner(query)
        or not OWN.isdisjoint(contracts_in(query.RETURNS))
        or any(field in PERSONAL_FIELDS for field in fields_in(query.RETURNS))
    )


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.route())
def test_a_query_whose_reply_is_personal_says_so(query: type[Query[Any]]) -> None:
    # One that the rules do not find may say so all the same.
    assert query.PERSONAL or not is_personal(query) or query.NAME in NOT_PERSONAL


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.route())
def test_what_was_read_is_a_field_of_the_reply_or_the_question(query: type[Query[Any]]) -> None:
    if query.PERSONAL:
        told = {**query.SCHEMA.fields, **query.RETURNS.SCHEMA.fields}
        # It must be there in every reply, because the audit row names it.
        assert told[query.PERSONAL].required


def test_each_rule_finds_a_query_that_no_other_finds() -> None:
    by_field = [
        query for query in QUERIES if any(f in PERSONAL_FIELDS for f in fields_in(query.RETURNS))
    ]
    nested = [
        query
        for query in QUERIES
        if not asked_for_its_owner(query) and not OWN.isdisjoint(contracts_in(query.RETURNS))
    ]
    assert "PersonById" in {query.NAME for query in by_field}
    assert "CasesOfOrgan" in {query.NAME for query in nested}
    assert NOT_PERSONAL.keys() <= {query.NAME for query in QUERIES if is_personal(query)}
