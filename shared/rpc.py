"""The RPC client: asks a service by its contracts, with a timeout on every call."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

import kombu
import structlog
from amqp.exceptions import ChannelError

from shared import jsontext
from shared.context import Headers, new_id
from shared.contracts.base import Ask, Reply
from shared.contracts.identity_data import SignIn, TokenIssued
from shared.errors import NotAuthenticated, QiantangError, Unavailable
from shared.messaging import topology
from shared.messaging.links import Listener, Outgoing

log = structlog.get_logger(__name__)


class _Call:
    """A call that waits for its answer. A lock held from the beginning costs a green thread a third
    of what an event does."""

    def __init__(self) -> None:
        self.answer: dict[str, Any] | None = None
        self._over = threading.Lock()
        self._over.acquire()

    def end(self) -> None:
        """Let the caller go on; ending a call twice is ending it once."""
        if self._over.locked():
            with suppress(RuntimeError):  # Another thread was faster.
                self._over.release()

    def wait(self, seconds: float) -> None:
        """Return when the call was ended or its time is over."""
        self._over.acquire(timeout=seconds)


class RpcClient:
    """Sends commands and queries to services and waits for their replies.

    Every call ends: with the reply, with the error that the service answered, or with
    `Unavailable` when nobody answered in time. A command that was not answered may be sent again
    under the same request id; it takes effect once. Calls may come from many threads.
    """

    def __init__(
        self,
        url: str,
        caller: str,
        *,
        token: ServiceToken | None = None,
        timeout: float = 20.0,
    ) -> None:
        self.caller = caller
        self._token = token
        self._timeout = timeout
        self._waiting: dict[str, _Call] = {}
        self._replies = topology.reply_queue(caller, new_id())
        self._listener = Listener(
            url,
            [self._replies],
            self._on_reply,
            prefetch=0,
            acknowledge=False,
            prepare=self._prepare,
        )
        self.blocked = self._listener.blocked
        self._started = False

    def _prepare(self, channel: Any) -> None:
        channel.queue_declare(queue=self._replies, durable=False, exclusive=True, auto_delete=True)
        channel.queue_bind(
            queue=self._replies, exchange=topology.REPLIES, routing_key=self._replies
        )
        returned = getattr(channel, "events", None)
        if returned is not None:
            returned["basic_return"].add(self._on_return)

    def start(self) -> RpcClient:
        """Begin to listen for replies; waits until the broker is there or the timeout is over."""
        if not self._started:
            self._started = True
            threading.Thread(target=self._listener.run, name="rpc-replies", daemon=True).start()
        self._listener.ready.wait(self._timeout)
        return self

    def stop(self) -> None:
        """Stop listening; calls still waiting end with `Unavailable`."""
        self._listener.stop()
        for call in list(self._waiting.values()):
            call.end()

    def call(
        self, message: Ask[Reply], headers: Headers | None = None, *, service: str = ""
    ) -> Reply:
        """Ask `service`, which is the contract's own unless the contract belongs to all of them.

        Raises what the service answered, or `Unavailable`. Where this client's own token is
        refused, it signs in again and asks once more.
        """
        headers = headers or Headers()
        if not headers.requestid:
            headers = replace(headers, requestid=new_id())
        service = service or message.SERVICE
        if headers.authorization or self._token is None:
            answer = self.call_raw(service, message.NAME, message.dump(), headers)
        else:
            answer = self._call_with(self._token, service, message, headers)
        if "error" in answer:
            raise QiantangError.from_wire(answer["error"])
        return message.RETURNS.load(answer["reply"])  # type: ignore[return-value]

    def _call_with(
        self, token: ServiceToken, service: str, message: Ask[Any], headers: Headers
    ) -> dict[str, Any]:
        def ask(text: str) -> dict[str, Any]:
            own = replace(headers, authorization=f"Bearer {text}")
            return self.call_raw(service, message.NAME, message.dump(), own)

        first = token(self)
        answer = ask(first)
        if answer.get("error", {}).get("kind") != NotAuthenticated.kind:
            return answer
        # Its session was revoked, or its key has ended; a service must not stand still until the
        # token would have expired.
        token.forget(first)
        return ask(token(self))

    def call_raw(self, service: str, name: str, payload: Any, headers: Headers) -> dict[str, Any]:
        """Ask with JSON data and get the answer's JSON data: `{"reply": …}` or `{"error": …}`."""
        until = time.monotonic() + self._timeout
        self.start()
        correlation = new_id()
        call = self._waiting[correlation] = _Call()
        try:
            self._send(service, name, payload, headers, correlation)
            call.wait(max(0.0, until - time.monotonic()))
        except (OSError, ChannelError) as fault:
            log.warning("rpc_not_sent", service=service, reason=str(fault))
        finally:
            del self._waiting[correlation]
        if call.answer is None:
            raise Unavailable(service=service)
        return call.answer

    def _send(
        self, service: str, name: str, payload: Any, headers: Headers, correlation: str
    ) -> None:
        self._listener.send(
            Outgoing(
                exchange=topology.RPC,
                routing_key=f"{service}.{name}",
                body=jsontext.dump(payload),
                headers=headers.to_wire(),
                properties={"reply_to": self._replies, "correlation_id": correlation},
                mandatory=True,
            )
        )

    def _on_reply(self, message: kombu.Message) -> None:
        call = self._waiting.get(message.properties.get("correlation_id", ""))
        if call is None:
            return  # The caller's time was over; it asks again under the same request id.
        try:
            call.answer = jsontext.load(message.body)
        except ValueError as fault:
            log.error("reply_undecodable", reason=str(fault))
        call.end()

    def _on_return(self, exception: Any, exchange: str, routing_key: str, message: Any) -> None:
        call = self._waiting.get(message.properties.get("correlation_id", ""))
        if call is not None:
            call.end()


def answer_to(message: kombu.Message, answer: dict[str, Any]) -> Outgoing:
    """The reply to a request, to be sent on the replies exchange."""
    return Outgoing(
        exchange=topology.REPLIES,
        routing_key=message.properties.get("reply_to", ""),
        body=jsontext.dump(answer),
        properties={"correlation_id": message.properties.get("correlation_id", "")},
    )


class ServiceToken:
    """The token of a service account, renewed by itself a minute before it ends."""

    MARGIN = 60.0

    def __init__(self, account: str, password: str) -> None:
        self._order = SignIn(account=account, password=password)
        self._lock = threading.Lock()
        self._token = ""
        self._ends = 0.0

    def __call__(self, client: RpcClient) -> str:
        """The present token; signs in where there is none or it ends soon."""
        with self._lock:
            if time.time() > self._ends - self.MARGIN:
                # Anonymous, as whoever signs in is.
                answer = client.call_raw(
                    self._order.SERVICE,
                    self._order.NAME,
                    self._order.dump(),
                    Headers(requestid=new_id()),
                )
                if "error" in answer:
                    raise QiantangError.from_wire(answer["error"])
                issued = TokenIssued.load(answer["reply"])
                self._token, self._ends = issued.token, issued.expires_at.timestamp()
            return self._token

    def forget(self, token: str) -> None:
        """Sign in again at the next call, because this token was refused before its end."""
        with self._lock:
            # Another thread may have renewed it meanwhile.
            if token == self._token:
                self._ends = 0.0
