"""The socket to the broker: reads all that has come, and writes together what is said together.

py-amqp asks its socket for seven bytes, for the rest of the frame, then for one byte more, three
frames a message, and writes each message by itself. Each of these is a system call.
"""

from __future__ import annotations

import errno
from struct import unpack_from
from typing import Any

import kombu
from amqp.exceptions import UnexpectedFrame
from amqp.transport import TCPTransport
from kombu.transport import pyamqp

READ_AHEAD = 65_536
LARGEST_WRITE = 65_536
FRAME_END = 0xCE
# The socket had nothing yet, which says nothing against the connection.
NOT_YET = {errno.EAGAIN, errno.EINTR, errno.EWOULDBLOCK}


class BufferedTransport(TCPTransport):  # type: ignore[misc]
    """py-amqp's TCP transport with a buffer each way.

    Whoever writes holds first and flushes then; between the two, others may write too. A lock
    around each of the three is the caller's business.
    """

    def _setup_transport(self) -> None:
        super()._setup_transport()
        self._ahead = b""
        self._at = 0
        self._held = bytearray()
        self._holding = False

    def read_frame(self, unpack: Any = unpack_from) -> tuple[int, int, bytes]:
        """The next frame: its type, channel and payload (AMQP 0-9-1 section 4.2.3).

        Raises OSError where the broker went away, and what the socket raises where it has nothing
        in time; what was read of a frame is kept then.
        """
        while True:
            ahead, at = self._ahead, self._at
            if len(ahead) - at >= 8:
                kind, channel, size = unpack(">BHI", ahead, at)
                end = at + 7 + size
                if len(ahead) > end:
                    if ahead[end] != FRAME_END:
                        raise UnexpectedFrame(f"frame ends with {ahead[end]:#04x}")
                    self._at = end + 1
                    return kind, channel, ahead[at + 7 : end]
            self._ahead = ahead[at:] + self._receive()
            self._at = 0

    def _receive(self) -> bytes:
        try:
            received: bytes = self.sock.recv(READ_AHEAD)
        except TimeoutError:
            raise
        except OSError as fault:
            if fault.errno not in NOT_YET:
                self.connected = False
            raise
        if not received:
            self.connected = False
            raise ConnectionResetError("the broker closed the connection")
        return received

    def hold(self) -> bool:
        """Keep what is written from now on until `flush`; whether nobody held it before."""
        first, self._holding = not self._holding, True
        return first

    def write(self, s: Any) -> None:
        """Write, or keep it; much is not kept for long, so that the broker has work meanwhile."""
        if not self._holding and not self._held:
            super().write(s)
            return
        self._held += s
        if not self._holding or len(self._held) > LARGEST_WRITE:
            self._write_held()

    def release(self) -> None:
        """Keep no more; what was kept goes with whatever is written next. Needs no lock."""
        self._holding = False

    def flush(self) -> None:
        """Write what was kept, and keep no more; raises OSError where the broker went away."""
        self._holding = False
        self._write_held()

    def _write_held(self) -> None:
        held, self._held = self._held, bytearray()
        if held:
            super().write(held)


class Unbuffered:
    """Stands for a buffer where what is written goes out at once: embedded, and over TLS."""

    def hold(self) -> bool:
        """Keep nothing."""
        return False

    def release(self) -> None:
        """Nothing was kept."""

    def flush(self) -> None:
        """Nothing was kept."""


Buffer = BufferedTransport | Unbuffered
NONE = Unbuffered()


def buffer_of(connection: kombu.Connection) -> Buffer:
    """The buffer of a connection that is open."""
    transport = getattr(connection.connection, "transport", None)
    return transport if isinstance(transport, BufferedTransport) else NONE


class Connection(pyamqp.Connection):  # type: ignore[misc]
    """py-amqp's connection on that transport."""

    # The name under which the base class asks for its transport.
    def Transport(  # noqa: N802
        self, host: str, connect_timeout: float, ssl: Any, *timeouts: float | None, **options: Any
    ) -> BufferedTransport:
        """A transport that is not connected yet."""
        read, write = timeouts
        return BufferedTransport(host, connect_timeout, read, write, **options)


class Transport(pyamqp.Transport):  # type: ignore[misc]
    """kombu's transport to RabbitMQ, without TLS, with that connection."""

    Connection = Connection
