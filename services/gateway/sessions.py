"""Signing in and out: the token travels in a cookie that no script can read, and is renewed while
somebody works."""

from __future__ import annotations

from typing import Any, Final

from werkzeug.wrappers import Response

from services.gateway.pages import local, page
from services.gateway.visitor import LANGUAGES, Visitor
from shared.context import new_id
from shared.contracts.identity_data import MySessions, RenewSession, RevokeSession, SignIn
from shared.errors import InvalidInput, NotAuthenticated, QiantangError
from shared.security.tokens import TokenVerifier

SESSION: Final = "qiantang_session"
LANGUAGE: Final = "qiantang_language"
ELDER: Final = "qiantang_elder"
PLACE: Final = "qiantang_place"
RENEWED_BEFORE: Final = 300
"""Seconds before its end at which a token is replaced by another: half of its life."""

A_YEAR: Final = 365 * 24 * 3600


def recognise(visitor: Visitor, verifier: TokenVerifier) -> None:
    """Know who visits, from the session's cookie; a session that is over is none."""
    token = visitor.request.cookies.get(SESSION, "")
    if not token:
        return
    try:
        visitor.principal = verifier.principal_of(f"Bearer {token}")
    except NotAuthenticated:
        visitor.expired = True
        return
    visitor.token = token
    left = verifier.seconds_left(f"Bearer {token}")
    if left < RENEWED_BEFORE and not visitor.principal.agency:
        _renew(visitor, verifier.session_of(f"Bearer {token}"))


def _renew(visitor: Visitor, session: str) -> None:
    """Take another token; where there is none any more, the present one lasts to its end."""
    try:
        issued = visitor.ask(
            RenewSession(session_id=session), request_id=f"{session}-{visitor.token[-16:]}"
        )
    except QiantangError:
        return
    visitor.token = visitor.issued = issued.token


def asks_to_go_on(visitor: Visitor) -> str:
    """What somebody reads who sends a form without a session."""
    if visitor.expired:
        return visitor.says(
            "会话已过期。您填写的内容都在，登录后即可继续。",
            "Your session is over. All that you typed is still here: sign in to go on.",
        )
    return visitor.says(
        "请先登录。您填写的内容都在，登录后即可继续。",
        "Sign in first. All that you typed is still here.",
    )


def sign_in(visitor: Visitor, account: str, password: str, code: str = "") -> None:
    """Open a session for the visitor; raises `NotAuthenticated` and `InvalidInput`."""
    content: dict[str, Any] = {"account": account, "password": password}
    if code:
        content["code"] = code
    order = SignIn.load(content)
    visitor.token = ""
    visitor.token = visitor.issued = visitor.ask(order, request_id=new_id()).token
    visitor.principal = visitor.verify(visitor.token)


@page("/sign-in", methods=("GET", "POST"))
def sign_in_page(visitor: Visitor) -> Response:
    """Ask for the account; lead on to where the visitor wanted to go."""
    request = visitor.request
    onward = local(request.values.get("next", "/"))
    if request.method == "GET":
        return visitor.show.page("sign_in.html", onward=onward, refusal="", account="")
    account = request.form.get("account", "").strip()
    try:
        sign_in(
            visitor, account, request.form.get("password", ""), request.form.get("code", "").strip()
        )
    except (NotAuthenticated, InvalidInput) as refusal:
        if isinstance(refusal, InvalidInput):
            told = visitor.says("请填写账号和密码。", "Give account and password.")
        else:
            told = visitor.sentence(refusal)
        return visitor.show.page(
            "sign_in.html", refusal.status, onward=onward, refusal=told, account=account
        )
    return visitor.lead_to(onward)


@page("/sign-out", methods=("POST",))
def sign_out(visitor: Visitor) -> Response:
    """End the session, everywhere."""
    if visitor.is_signed_in:
        session = visitor.session
        if any(one.session_id == session for one in visitor.ask(MySessions()).sessions):
            visitor.ask(RevokeSession(session_id=session), request_id=f"sign-out-{session}")
    visitor.issued = ""  # What was renewed for this very request is over too.
    answer = visitor.lead_to("/")
    answer.delete_cookie(SESSION, path="/")
    return answer


@page("/alive")
def alive(visitor: Visitor) -> Response:
    """Nothing but what every request does: a session that is used is renewed."""
    return Response(status=204)


@page("/preferences", methods=("POST",))
def preferences(visitor: Visitor) -> Response:
    """Keep the language, the large type, or the place whose services are shown."""
    form = visitor.request.form
    answer = visitor.lead_to(local(form.get("next", "/")))
    if form.get("language") in LANGUAGES:
        _keep(visitor, answer, LANGUAGE, form["language"])
    if form.get("elder") in ("0", "1"):
        _keep(visitor, answer, ELDER, form["elder"])
    place = form.get("place", "")
    if place.isdigit() and place.startswith("33") and len(place) in (2, 4, 6, 9):
        _keep(visitor, answer, PLACE, place)
    return answer


def _keep(visitor: Visitor, answer: Response, name: str, value: str) -> None:
    answer.set_cookie(
        name, value, max_age=A_YEAR, path="/", samesite="Lax", secure=visitor.is_secure
    )


def hand_over(visitor: Visitor, answer: Response) -> None:
    """Give the browser the newer token, for as long as it stays open."""
    if visitor.issued:
        answer.set_cookie(
            SESSION,
            visitor.issued,
            path="/",
            httponly=True,
            samesite="Lax",
            secure=visitor.is_secure,
        )
