"""The key that signs tokens is replaced while everybody works, wherever the command is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from deploy.catalogue import service_class
from services.identity_data import keys, load, rotation
from services.identity_data.domain import RotationUnderWay
from services.identity_data.models import SigningKey
from services.identity_data.rotation import KNOWN_EVERYWHERE, MARGIN, rotate_token_key
from services.identity_data.service import IdentityData
from shared import loading
from shared.context import Principal
from shared.contracts.identity_data import SigningKeyPublished
from shared.errors import NotAuthenticated
from shared.messaging.tables import TRUSTED_KEY
from shared.security import tokens
from shared.security.tokens import LIFETIME, RevokedSessions, TokenVerifier
from shared.testing.harness import ServiceHarness

OPERATOR = Principal("operator", "operator", "33", roles=("operator",))
HOME = Path(__file__).parents[2]
MakeService = Callable[..., ServiceHarness]
Later = Callable[[timedelta], None]


@pytest.fixture(autouse=True)
def look_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a second had passed between any two looks at files and tables."""
    monkeypatch.setattr(tokens, "READ_AGAIN", 0.0)
    monkeypatch.setattr(keys, "LOOK_AGAIN", 0.0)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """Lets the machine's clock go on."""
    really, past = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: really() + past[0])

    def go_on(by: timedelta) -> None:
        past[0] += by.total_seconds()

    return go_on


@pytest.fixture
def platform(make_service: MakeService) -> ServiceHarness:
    """identity_data with the keys of set-up."""
    harness = make_service(IdentityData)
    steps = [s for s in load.steps(harness.runtime.settings) if s.name == "signing_keys"]
    loading.load(harness.runtime, steps)
    return harness


class Elsewhere:
    """Another service, which hears of identity_data's keys and checks tokens."""

    def __init__(self, harness: ServiceHarness, platform: ServiceHarness) -> None:
        self._harness = harness
        self._platform = platform
        runtime = harness.runtime
        self._verifier = TokenVerifier(runtime.keys, RevokedSessions(runtime.read))

    def hear(self, *, backwards: bool = False) -> None:
        events = [e for e in self._platform.envelopes() if self._harness._is_wanted(e)]
        for event in reversed(events) if backwards else events:
            self._harness.receive(event)
            self._harness.take()

    def accepts(self, token: str) -> bool:
        try:
            return self._verifier.principal_of(f"Bearer {token}") == OPERATOR
        except NotAuthenticated:
            return False


@pytest.fixture
def elsewhere(make_service: MakeService, platform: ServiceHarness) -> Elsewhere:
    made = Elsewhere(make_service(service_class("rule_of_law")), platform)
    made.hear()
    return made


def signed() -> str:
    """A token as identity_data would sign it now."""
    return tokens.issue(keys.signing_key("token"), OPERATOR, "session-1")


def kid_now() -> str:
    return str(keys.signing_key("token").kid)


def test_tokens_are_accepted_before_during_and_after_a_rotation(
    platform: ServiceHarness, elsewhere: Elsewhere, later: Later
) -> None:
    old = kid_now()
    before = signed()
    assert elsewhere.accepts(before)
    done = rotate_token_key(platform.runtime)
    assert (done.ending, kid_now()) == (old, old)
    during = signed()
    elsewhere.hear()
    assert elsewhere.accepts(before)
    assert elsewhere.accepts(during)

    later(KNOWN_EVERYWHERE - timedelta(seconds=1))
    last = signed()
    later(timedelta(seconds=1))
    assert kid_now() == done.beginning != old
    after = signed()
    assert elsewhere.accepts(last)
    assert elsewhere.accepts(after)
    # Up to its last second the last token of the old key is good.
    later(LIFETIME - timedelta(seconds=3))
    assert elsewhere.accepts(last)
    later(MARGIN + timedelta(seconds=3))
    assert not elsewhere.accepts(last)
    assert elsewhere.accepts(signed())


def test_what_a_key_signed_is_refused_after_its_end_also_where_it_was_accepted_before(
    platform: ServiceHarness, elsewhere: Elsewhere, later: Later
) -> None:
    rotate_token_key(platform.runtime, timedelta(0))
    elsewhere.hear()
    new = signed()
    later(timedelta(minutes=9))
    old_key = keys.KeyFiles(platform.runtime.settings.secrets, "token").read()[0].key
    stolen = tokens.issue(old_key, OPERATOR, "session-1")
    assert elsewhere.accepts(stolen)
    assert elsewhere.accepts(new)
    later(timedelta(minutes=1) + MARGIN)
    # It would be good for nine minutes more, and is remembered as verified.
    assert not elsewhere.accepts(stolen)
    assert not elsewhere.accepts(tokens.issue(old_key, OPERATOR, "session-2"))
    assert elsewhere.accepts(signed())


def test_it_does_not_matter_in_which_order_the_events_come(
    platform: ServiceHarness, make_service: MakeService, later: Later
) -> None:
    old = signed()
    rotate_token_key(platform.runtime, timedelta(0))
    backwards = Elsewhere(make_service(service_class("digital_society")), platform)
    backwards.hear(backwards=True)
    assert backwards.accepts(old)
    assert backwards.accepts(signed())
    later(LIFETIME + MARGIN)
    assert not backwards.accepts(old)
    assert backwards.accepts(signed())


@pytest.mark.parametrize("step", ["act_as_service", "replace_file", "_end"])
def test_a_rotation_that_is_killed_after_any_step_goes_on_with_the_same_key(
    platform: ServiceHarness,
    elsewhere: Elsewhere,
    later: Later,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    old = kid_now()

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    where = {"act_as_service": platform.runtime, "replace_file": keys, "_end": rotation}[step]
    with monkeypatch.context() as broken:
        broken.setattr(where, step, killed)
        with pytest.raises(KeyboardInterrupt):
            rotate_token_key(platform.runtime)
    drafted = json.loads((platform.runtime.settings.secrets / "signing-token.jwk.next").read_text())
    # An hour later everybody still accepts what is signed then, whichever key that is.
    later(timedelta(hours=1))
    elsewhere.hear()
    assert kid_now() == (drafted["kid"] if step == "_end" else old)
    between = signed()
    assert elsewhere.accepts(between)
    done = rotate_token_key(platform.runtime)
    elsewhere.hear()
    assert elsewhere.accepts(between)
    assert (done.ending, done.beginning) == (old, drafted["kid"])
    later(KNOWN_EVERYWHERE)
    assert kid_now() == drafted["kid"]
    assert elsewhere.accepts(signed())
    ended = platform.rows(sa.select(SigningKey.id).where(SigningKey.valid_to.is_not(None)))
    assert [row.id for row in ended] == [old]


def test_a_key_is_replaced_again_once_it_is_in_use(
    platform: ServiceHarness, elsewhere: Elsewhere, later: Later
) -> None:
    first = rotate_token_key(platform.runtime)
    with pytest.raises(RotationUnderWay):
        rotate_token_key(platform.runtime)
    later(KNOWN_EVERYWHERE)
    token = signed()
    second = rotate_token_key(platform.runtime)
    assert second.ending == first.beginning == kid_now()
    elsewhere.hear()
    assert elsewhere.accepts(token)
    later(KNOWN_EVERYWHERE)
    assert kid_now() == second.beginning
    elsewhere.hear()
    assert elsewhere.accepts(token)
    assert elsewhere.accepts(signed())


def test_private_keys_stay_in_files_of_their_owner_alone(platform: ServiceHarness) -> None:
    rotate_token_key(platform.runtime)
    path = platform.runtime.settings.secrets / "signing-token.jwk.next"
    assert path.stat().st_mode & 0o777 == 0o600
    assert all("d" not in event.jwk for event in platform.told(SigningKeyPublished))
    platform.settle()
    rows = platform.rows(sa.select(TRUSTED_KEY.c.jwk))
    assert len(rows) == 4  # Two of set-up, one that begins, one that ends.
    assert all("d" not in row.jwk for row in rows)


def test_files_are_looked_at_once_a_second_however_many_tokens_are_signed(
    platform: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "LOOK_AGAIN", 1.0)
    clock = [1000.0]
    monkeypatch.setattr(keys.time, "monotonic", lambda: clock[0])
    looked: list[object] = []
    state_of = keys._state_of

    def look(path: Any) -> Any:
        looked.append(path)
        return state_of(path)

    monkeypatch.setattr(keys, "_state_of", look)
    for _ in range(3):
        for _ in range(100):
            kid_now()
        clock[0] += 1.0
    assert len(looked) == 2 * 3


def test_the_command_line_rotates_and_says_from_when_on(
    platform: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = platform.runtime.settings
    if platform.runtime.engine.dialect.name != "sqlite":
        url = platform.runtime.settings.database_url
        monkeypatch.setenv("QIANTANG_DATABASE_URL", url)
    old = kid_now()
    # A process of its own, because the command line makes its process green.
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "keys", "rotate", "--after", "0", "--json"],
        env={**os.environ, "QIANTANG_STATE": str(settings.state)},
        cwd=HOME,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    told = json.loads(done.stdout)
    assert told["ending"] == old
    assert told["beginning"] == kid_now() != old
