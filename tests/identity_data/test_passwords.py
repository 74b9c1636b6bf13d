"""Passwords are checked beside the event loop, two at a time, and under plain threads as well."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from services.identity_data import passwords

HOME = Path(__file__).parents[2]

# A check that does not end before another request was answered: were it made on the event loop,
# nothing could be answered, and it would end by its patience with a wrong result.
UNDER_GREEN_THREADS = """
from deploy import green
import sys, threading
from pathlib import Path
import eventlet
from eventlet.patcher import original
from services.identity_data import keys, passwords
from services.identity_data.models import Account
from services.identity_data.service import IdentityData
from shared.context import ANONYMOUS, Principal
from shared.contracts.identity_data import SignIn
from shared.contracts.platform import ServiceStanding
from shared.testing.harness import ServiceHarness, settings_for

PATIENCE = 20
answered = original("threading").Event()
entered = []

class Slow:
    def verify(self, password_hash, password):
        entered.append(original("threading").get_ident())
        return answered.wait(PATIENCE)

passwords._HASHER = Slow()
settings = settings_for(Path(sys.argv[1]))
keys.ensure_signing_key(settings, "token", "key-1")
harness = ServiceHarness(IdentityData, settings)
one = Account(id="resident", password_hash="any", principal_id="resident", kind="resident")
harness.act(lambda context: context.unit.add(one))
order = SignIn(account="resident", password="any")
signing_in = [eventlet.spawn(harness.execute, order, ANONYMOUS) for _ in range(3)]
with eventlet.Timeout(PATIENCE):
    while len(entered) < 2:
        eventlet.sleep(0.01)
operator = Principal("operator", "operator", "33", roles=("operator",))
harness.execute(ServiceStanding(), operator)
eventlet.sleep(0.2)
print("checks under way:", len(entered), "answered meanwhile:", not answered.is_set())
answered.set()
print("tokens:", sum(bool(one.wait().token) for one in signing_in), "checks:", len(entered))
print("on the loop's thread:", original("threading").get_ident() in entered)
"""


def test_another_request_is_answered_while_two_passwords_are_checked(tmp_path: Path) -> None:
    # A process of its own, because green threads replace what this one has imported.
    done = subprocess.run(
        [sys.executable, "-c", UNDER_GREEN_THREADS, str(tmp_path)],
        cwd=HOME,
        env={"PATH": "", "QIANTANG_STATE": str(tmp_path), "QIANTANG_LOG_LEVEL": "error"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    told = [line for line in done.stdout.splitlines() if not line.startswith("20")]
    assert told == [
        "checks under way: 2 answered meanwhile: True",
        "tokens: 3 checks: 3",
        "on the loop's thread: False",
    ], done.stderr


def test_under_plain_threads_it_is_the_same_check() -> None:
    kept = passwords.hashed("tide")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(passwords.matches, [kept] * 4, ["tide", "ebb", "tide", ""]))
    assert found == [True, False, True, False]
