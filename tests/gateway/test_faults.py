"""What a contract says of a wrong field is told in Chinese too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from services.gateway.command_forms import content_of
from services.gateway.faults import in_words
from services.gateway.names import WORDS
from services.gateway.pages import local
from shared.contracts.base import SERVICES, Command, commands_of
from shared.contracts.digital_government import RateCase, RequestSupplement, SuspendCase
from shared.contracts.identity_data import EnrolSecondFactor, MoveCalendar
from shared.errors import InvalidInput
from shared.testing.samples import faults_of, with_faults

COMMANDS = [one for service in SERVICES for one in commands_of(service).values()]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def sentences(told: Any) -> Iterator[str]:
    """The sentences of a field's faults, of its parts too."""
    if isinstance(told, Mapping):
        for one in told.values():
            yield from sentences(one)
    else:
        yield from told


@pytest.mark.parametrize("command", COMMANDS, ids=[one.NAME for one in COMMANDS])
def test_every_fault_of_every_command_is_told_in_both_languages(
    command: type[Command[Any]],
) -> None:
    for name, kinds in faults_of(command).items():
        for fault in kinds.items():
            with pytest.raises(InvalidInput) as refusal:
                command.load(with_faults(command, {name: fault}))
            for told in sentences(refusal.value.fields):
                assert CHINESE.search(in_words(told, "zh")), told
                assert in_words(told, "en") == told


def test_a_form_becomes_the_content_of_its_command() -> None:
    assert content_of(RateCase, {"case_id": "c-1", "grade": "5", "publishable": "true"}) == {
        "case_id": "c-1",
        "grade": 5,
        "publishable": True,
    }
    assert content_of(RateCase, {"case_id": "c-1", "grade": "many", "comment": " "}) == {
        "case_id": "c-1",
        "grade": "many",
    }
    lines = {"case_id": "c-1", "missing": "营业执照\n\n 章程 \n", "expected_version": "3"}
    assert content_of(RequestSupplement, lines) == {
        "case_id": "c-1",
        "missing": ["营业执照", "章程"],
        "expected_version": 3,
    }
    assert content_of(SuspendCase, {"days_needed": "1.5"}) == {"days_needed": 1.5}
    moved = content_of(MoveCalendar, {"instant": "2026-03-02T08:30"})
    assert moved == {"instant": "2026-03-02T08:30:00+08:00"}
    assert content_of(EnrolSecondFactor, {"label": "手机", "unknown": "x"}) == {"label": "手机"}


@pytest.mark.parametrize(
    "path", ["//x.example", "/\\x.example", "https://x.example", "/a\nb", "", "javascript:x"]
)
def test_only_paths_of_this_site_are_led_on_to(path: str) -> None:
    assert local(path, "/mine") == "/mine"
    assert local("/cases/c-1?done=x") == "/cases/c-1?done=x"


def test_every_word_stands_in_both_languages() -> None:
    for code, (zh, en) in WORDS.items():
        assert CHINESE.search(zh), code
        assert en, code
        assert not CHINESE.search(en), code
