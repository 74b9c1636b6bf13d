"""Contracts and handlers belong together, one to one."""

from __future__ import annotations

import pytest

from deploy.catalogue import service_class
from shared.contracts.base import (
    SERVICES,
    Ask,
    Command,
    Transition,
    all_messages,
    commands_of,
    events_of,
    queries_of,
)
from shared.handling import Handler, Handlers

every_service = pytest.mark.parametrize("service", SERVICES)


def handlers_of(service: str) -> Handlers:
    found = service_class(service).handlers
    assert isinstance(found, Handlers)
    return found


@every_service
def test_every_command_and_query_has_a_handler_and_no_handler_lacks_its_contract(
    service: str,
) -> None:
    # Two handlers of one contract are refused when the service is put together.
    handlers = handlers_of(service)
    assert set(handlers.commands) == {*commands_of(service), *commands_of("platform")}
    assert set(handlers.queries) == {*queries_of(service), *queries_of("platform")}


@every_service
def test_a_handler_handles_the_very_contract_that_is_published(service: str) -> None:
    handlers = handlers_of(service)
    published = {**commands_of(service), **commands_of("platform")}
    assert {name: h.message for name, h in handlers.commands.items()} == published
    asked = {**queries_of(service), **queries_of("platform")}
    assert {name: h.message for name, h in handlers.queries.items()} == asked


@every_service
def test_every_subscribed_event_is_published_by_its_service(service: str) -> None:
    for (producer, name), found in handlers_of(service).subscribers.items():
        for handler in found:
            assert events_of(producer)[name] is handler.message


@every_service
def test_a_transition_is_handled_on_the_aggregate_whose_version_it_expects(service: str) -> None:
    for name, handler in handlers_of(service).commands.items():
        is_transition = issubclass(handler.message, Transition)
        assert (handler.record is not None) == is_transition, name


@every_service
def test_a_handler_is_documented(service: str) -> None:
    handlers = handlers_of(service)
    every: list[Handler] = [*handlers.commands.values(), *handlers.queries.values()]
    every += [handler for found in handlers.subscribers.values() for handler in found]
    for handler in every:
        assert handler.function.__doc__, handler.function


def test_every_message_has_a_title_in_chinese_a_sentence_and_an_aggregate() -> None:
    for message in all_messages():
        assert message.__doc__, message
        assert message.ZH, message
        assert not message.ZH.isascii(), message
        assert message.AGGREGATE, message


def test_every_command_and_query_names_its_reply() -> None:
    for message in all_messages():
        if issubclass(message, Ask):
            assert message.RETURNS.SCHEMA.fields, message


def test_commands_begin_with_no_word_that_hides_what_happens() -> None:
    hiding = ("Create", "Update", "Delete", "Set", "Manage", "Process", "Handle", "Do", "Change")
    for message in all_messages():
        if issubclass(message, Command):
            assert not message.NAME.startswith(hiding), message
