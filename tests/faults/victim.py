"""A process of the platform that kills itself at one chosen passage of one chosen point.

`python victim.py [--service NAME]` is `qiantang run` with the points below counted from SIGUSR1 on;
QIANTANG_FAULT says where it dies, such as `publish/after/3`: SIGKILL at the third passage.
"""

from __future__ import annotations

from deploy import green  # isort: skip  # First, because it changes what the others import.

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from deploy import cli
from shared import committer, storage
from shared.messaging import inbox, links, wire

__all__ = ["green"]


class Fate:
    """Counts the passages of one point and kills this process at the last one granted."""

    def __init__(self, text: str) -> None:
        self._point, _, number = text.rpartition("/")
        self._left = int(number or 0)
        self._armed = False

    def arm(self, *_: Any) -> None:
        """Count from now on; nothing before the story is disturbed."""
        self._armed = True

    def passes(self, point: str) -> None:
        """The process is at this point."""
        if not self._armed or point != self._point:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


FATE = Fate(os.environ.get("QIANTANG_FAULT", ""))


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """As `shared.storage.writing`, with a point on either side of the commit itself."""
    point = engine.get_execution_options().get("point")
    with storage.writing(engine) as connection:
        yield connection
        FATE.passes(f"{point}/before")
    FATE.passes(f"{point}/after")


def name_point(owner: type, point: str) -> None:
    """Give the point's name to the transactions that objects of this class begin."""
    begin = owner.__init__  # type: ignore[misc]

    def named(self: Any, engine: sa.Engine, *rest: Any, **options: Any) -> None:
        begin(self, engine.execution_options(point=point), *rest, **options)

    owner.__init__ = named  # type: ignore[misc]


def surround(owner: Any, method: str, before: str, after: str, when: Callable[..., bool]) -> None:
    """Put a point before and one after a method; "" is none."""
    original = getattr(owner, method)

    def surrounded(*given: Any, **options: Any) -> Any:
        counts = when(*given)
        if counts:
            FATE.passes(before)
        answer = original(*given, **options)
        if counts:
            FATE.passes(after)
        return answer

    setattr(owner, method, surrounded)


def always(*_: Any) -> bool:
    """Every call counts."""
    return True


def is_event(_: Any, message: links.Outgoing, *__: Any) -> bool:
    """Of the messages only events are durable; replies are sent by the same function."""
    return message.durable


def send(channel: Any, message: links.Outgoing, *rest: Any) -> None:
    """As `links.publish_on`, but a part of a batch is on its way as soon as it is written."""
    publish_on(channel, message, *rest)
    transport = getattr(channel.connection, "transport", None)
    if isinstance(transport, wire.BufferedTransport) and message.durable:
        transport.flush()
        transport.hold()


publish_on, links.publish_on = links.publish_on, send
name_point(committer.Committer, "commit")
name_point(inbox.Receiver, "inbox")
committer.writing = inbox.writing = writing  # type: ignore[attr-defined]
# Before anything of a batch is sent; after its first event, so that a batch may be cut in two;
# after all of it, but before the broker confirmed; when it has, but no row says so yet.
surround(links.Publisher, "publish", "publish/before", "", always)
surround(links, "publish_on", "", "publish/after", is_event)
surround(links.Publisher, "_await_confirms", "confirm/before", "confirm/after", always)
surround(links.Listener, "ack", "ack/before", "ack/after", always)

if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, FATE.arm)
    sys.argv[1:1] = ["run"]
    cli.main()
