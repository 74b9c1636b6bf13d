"""A service whose own token is refused signs in again, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.clocks import machine_now
from shared.context import Headers
from shared.contracts.identity_data import OrganById
from shared.errors import NotAuthenticated
from shared.rpc import RpcClient, ServiceToken

ORGAN = {
    "organ_id": "33-government",
    "name": "浙江省人民政府",
    "division": "33",
    "kind": "government",
}


class Answering(RpcClient):
    """Answers itself: identity_data opens a session at each sign-in, of which some were revoked."""

    def __init__(self, revoked: set[str]) -> None:
        super().__init__("embedded://nobody", "one", token=ServiceToken("service.one", "secret"))
        self.revoked = revoked
        self.asked: list[str] = []
        self.sign_ins = 0

    def call_raw(self, service: str, name: str, payload: Any, headers: Headers) -> dict[str, Any]:
        """Without a broker."""
        if name == "SignIn":
            self.sign_ins += 1
            ends = (machine_now() + timedelta(minutes=10)).isoformat()
            return {"reply": {"token": f"token-{self.sign_ins}", "expires_at": ends}}
        token = headers.authorization.removeprefix("Bearer ")
        self.asked.append(token)
        if token in self.revoked:
            return {"error": NotAuthenticated().to_wire()}
        return {"reply": ORGAN}


def ask(client: RpcClient, authorization: str = "") -> str:
    reply = client.call(OrganById(organ_id="33-government"), Headers(authorization=authorization))
    return reply.organ_id


def test_it_signs_in_again_where_its_session_was_revoked() -> None:
    client = Answering(set())
    ask(client)
    client.revoked.add("token-1")
    assert ask(client) == "33-government"
    assert ask(client) == "33-government"
    assert client.asked == ["token-1", "token-1", "token-2", "token-2"]
    assert client.sign_ins == 2


def test_it_does_not_try_for_ever() -> None:
    client = Answering({"token-1", "token-2", "token-3"})
    with pytest.raises(NotAuthenticated):
        ask(client)
    assert client.asked == ["token-1", "token-2"]


def test_a_token_that_somebody_else_gave_is_not_replaced() -> None:
    client = Answering({"of-a-caller"})
    with pytest.raises(NotAuthenticated):
        ask(client, "Bearer of-a-caller")
    assert client.asked == ["of-a-caller"]
    assert client.sign_ins == 0
