"""The buffers between py-amqp and its socket: no frame is torn, lost or out of order."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from struct import pack

import pytest
from amqp.exceptions import UnexpectedFrame
from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.wire import LARGEST_WRITE, BufferedTransport

Frame = tuple[int, int, bytes]
FRAMES = st.lists(
    st.tuples(st.integers(1, 8), st.integers(0, 65_535), st.binary(max_size=300)), max_size=8
)


def written(frame: Frame, end: int = 0xCE) -> bytes:
    kind, channel, payload = frame
    return pack(">BHI", kind, channel, len(payload)) + payload + bytes([end])


class Pair:
    """A transport, and the broker's end of its socket."""

    def __init__(self) -> None:
        self.transport = BufferedTransport("localhost:1")
        self._own, self.broker = socket.socketpair()
        self.transport.sock = self._own
        self.transport._setup_transport()
        self.transport.connected = True

    def heard(self) -> bytes:
        """What has come to the broker by now."""
        self.broker.setblocking(False)
        try:
            return self.broker.recv(1 << 20)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        self._own.close()
        self.broker.close()


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.close()


@given(FRAMES, st.lists(st.integers(1, 400), min_size=1, max_size=20))
def test_frames_come_whole_however_they_are_cut(frames: list[Frame], cuts: list[int]) -> None:
    pair = Pair()
    pair.transport.sock.settimeout(0)
    stream, read = b"".join(map(written, frames)), []
    try:
        while stream or len(read) < len(frames):
            cut = cuts[len(stream) % len(cuts)]
            pair.broker.sendall(stream[:cut])
            stream = stream[cut:]
            try:
                while True:
                    read.append(pair.transport.read_frame())
            except BlockingIOError:
                continue  # The rest of a frame has not come yet.
    finally:
        pair.close()
    assert read == frames
    assert pair.transport.connected


def test_a_frame_that_does_not_end_as_one_is_refused(pair: Pair) -> None:
    pair.broker.sendall(written((1, 0, b"method"), end=0))
    with pytest.raises(UnexpectedFrame):
        pair.transport.read_frame()


def test_the_end_of_the_connection_is_an_error_that_the_caller_sees(pair: Pair) -> None:
    pair.broker.sendall(written((1, 0, b"last words"))[:-3])
    pair.broker.close()
    with pytest.raises(ConnectionResetError):
        pair.transport.read_frame()
    assert not pair.transport.connected


def test_what_nobody_holds_is_written_at_once(pair: Pair) -> None:
    pair.transport.write(b"now")
    assert pair.heard() == b"now"


def test_what_is_held_is_written_together_and_in_order(pair: Pair) -> None:
    assert pair.transport.hold()
    pair.transport.write(memoryview(b"one "))
    assert not pair.transport.hold()
    pair.transport.write(b"two")
    assert pair.heard() == b""
    pair.transport.flush()
    assert pair.heard() == b"one two"
    pair.transport.write(b"three")
    assert pair.heard() == b"three"


def test_much_is_not_held_for_long(pair: Pair) -> None:
    pair.transport.hold()
    pair.transport.write(bytes(LARGEST_WRITE + 1))
    assert len(pair.heard()) == LARGEST_WRITE + 1
    pair.transport.write(b"more")
    assert pair.heard() == b""
    pair.transport.flush()
    assert pair.heard() == b"more"


def test_what_nobody_flushed_goes_with_whatever_is_written_next(pair: Pair) -> None:
    pair.transport.hold()
    pair.transport.write(b"one ")
    pair.transport.release()
    pair.transport.write(b"two")
    assert pair.heard() == b"one two"


def test_writing_to_a_connection_that_is_gone_is_an_error(pair: Pair) -> None:
    pair.transport.hold()
    pair.transport.write(b"never heard")
    pair.transport.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        pair.transport.flush()
    assert not pair.transport.connected
