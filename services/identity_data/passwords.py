"""Passwords: hashed and checked with Argon2id, beside the event loop and few at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import eventlet.patcher
import eventlet.tpool
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

T = TypeVar("T")

AT_ONCE = 2
"""A check holds 64 MiB and a processor for about a seventh of a second."""

# RFC 9106 section 4, second recommended option; NOBODY has these parameters too.
_HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)

NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4"
    "$2vE9Xik0VD+iD0sjfC4p8A$wclFoeDEq+hRhZealmDwR/I+nIjs0cL3AFTHcO1zAgM"
)
"""A hash to check against where there is no account, so that its lack takes as long to find."""


@cache
def _turn() -> threading.Semaphore:
    # Made at first use, after eventlet replaced the class where it does.
    return threading.Semaphore(AT_ONCE)


def _aside(work: Callable[..., T], *arguments: Any) -> T:
    """Run in a real thread where green threads share this one, else here."""
    if not eventlet.patcher.is_monkey_patched("thread"):
        return work(*arguments)
    with _turn():
        result: T = eventlet.tpool.execute(work, *arguments)
        return result


def hashed(password: str) -> str:
    """The Argon2id hash of a password, salted, in the PHC string format."""
    return _aside(_HASHER.hash, password)


def matches(password_hash: str, password: str) -> bool:
    """Whether this is the password that was hashed."""
    return _aside(_verify, password_hash, password)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except VerifyMismatchError:
        return False
