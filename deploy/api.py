"""The platform's HTTP interface as the command line and the stories use it."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.context import new_id
from shared.contracts.base import Ask, Reply
from shared.contracts.identity_data import SignIn
from shared.errors import QiantangError, Unavailable

PROBLEM_KIND = {
    401: "NotAuthenticated",
    403: "NotAllowed",
    404: "NotFound",
    409: "Conflict",
    422: "InvalidInput",
    503: "Unavailable",
}


class Api:
    """A caller of the platform at one address, signed in or not."""

    def __init__(self, address: str, *, timeout: float = 30.0) -> None:
        self.address = address.rstrip("/")
        self._timeout = timeout
        self._credentials: Callable[[], SignIn] | None = None
        self._token = ""
        self._renew_at = datetime.now(UTC)

    def signed_in(self, account: str, password: str, code: Callable[[], str] | None = None) -> Api:
        """A caller that signs in with this account, and again before its token ends; `code` shows
        the code of an account with a second factor."""
        caller = Api(self.address, timeout=self._timeout)
        caller._credentials = lambda: SignIn(
            account=account, password=password, code=code() if code is not None else None
        )
        return caller

    def token(self) -> str:
        """The present token; empty for an anonymous caller."""
        if self._credentials is None:
            return ""
        if datetime.now(UTC) >= self._renew_at:
            issued = Api(self.address).call(self._credentials())
            self._token = issued.token
            self._renew_at = issued.expires_at - timedelta(minutes=1)
        return self._token

    def call(
        self, message: Ask[Reply], *, request_id: str = "", scenario: str = "", service: str = ""
    ) -> Reply:
        """Send a command or query; raises the error that the platform answers."""
        answer = self.call_raw(
            service or message.SERVICE,
            message.NAME,
            message.dump(),
            request_id=request_id,
            scenario=scenario,
        )
        return message.RETURNS.load(answer)  # type: ignore[return-value]

    def call_raw(
        self, service: str, name: str, payload: Any, *, request_id: str = "", scenario: str = ""
    ) -> Any:
        """The same with JSON data."""
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": request_id or new_id(),
            "X-Scenario-Id": scenario,
            "Authorization": f"Bearer {token}" if (token := self.token()) else "",
        }
        request = urllib.request.Request(
            f"{self.address}/api/{service}/{name}",
            data=json.dumps(payload).encode(),
            headers={key: value for key, value in headers.items() if value},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            raise _error_of(refusal) from None
        except (OSError, http.client.HTTPException):
            raise Unavailable(service=self.address) from None


def _error_of(refusal: urllib.error.HTTPError) -> QiantangError:
    problem = json.load(refusal)
    slug = str(problem.get("type", "")).rpartition(":")[2]
    detail = str(problem.get("detail", refusal.reason))
    return QiantangError.from_wire(
        {
            "kind": problem.get("title", PROBLEM_KIND.get(refusal.code, "Incident")),
            "slug": slug,
            "zh": detail,
            "en": detail,
            "fields": problem.get("errors", {}),
        }
    )
