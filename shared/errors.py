"""The six kinds of error that every service answers with, on RPC and HTTP alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar


class QiantangError(Exception):
    """An expected refusal: it has a stable slug and a plain sentence in Chinese and English.

    A domain error subclasses one of the six kinds below and gives `zh` and `en` as templates whose
    placeholders are the keyword arguments it is raised with. Anything that is not a
    `QiantangError` is a bug and is answered with an incident id only.
    """

    kind: ClassVar[str] = ""
    slug: ClassVar[str] = ""
    status: ClassVar[int] = 500
    zh: ClassVar[str] = ""
    en: ClassVar[str] = ""
    _kinds: ClassVar[dict[str, type[QiantangError]]] = {}
    _by_slug: ClassVar[dict[str, type[QiantangError]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.slug = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()
        if QiantangError in cls.__bases__:
            cls.kind = cls.__name__
            QiantangError._kinds[cls.kind] = cls
        QiantangError._by_slug[cls.slug] = cls

    def __init__(self, **params: Any) -> None:
        self.params = params
        self.fields: dict[str, Any] = params.pop("fields", {})
        self.slug_on_wire = self.slug
        self.sentences = {"zh": self.zh.format(**params), "en": self.en.format(**params)}
        super().__init__(self.sentences["en"])

    def to_wire(self) -> dict[str, Any]:
        """The error as JSON data, whole, so that a remote caller can raise it again."""
        return {
            "kind": self.kind,
            "slug": self.slug_on_wire,
            "zh": self.sentences["zh"],
            "en": self.sentences["en"],
            "fields": self.fields,
        }

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> QiantangError:
        """Rebuild an error that a service answered; an unknown slug keeps its kind and words."""
        known = cls._by_slug.get(wire["slug"], cls._kinds.get(wire["kind"], Incident))
        error = known.__new__(known)
        error.params = {}
        error.fields = dict(wire.get("fields") or {})
        error.slug_on_wire = wire["slug"]
        error.sentences = {"zh": wire["zh"], "en": wire["en"]}
        Exception.__init__(error, wire["en"])
        return error

    def problem(self, language: str = "zh") -> dict[str, Any]:
        """Problem details for an HTTP answer (RFC 9457 section 3), in the caller's language."""
        body: dict[str, Any] = {
            "type": f"urn:qiantang:error:{self.slug_on_wire}",
            "title": self.kind,
            "status": self.status,
            "detail": self.sentences["en" if language.startswith("en") else "zh"],
        }
        if self.fields:
            body["errors"] = self.fields
        return body


class InvalidInput(QiantangError):
    """The message does not fit its contract; `fields` maps each field to its faults."""

    status = 422
    zh = "输入不符合要求，请按各字段的提示更正"
    en = "the input does not fit; correct each field as its message says"


class NotAuthenticated(QiantangError):
    """The caller is not known: no token, or one that is forged, expired or for another audience."""

    status = 401
    zh = "请先登录：{reason_zh}"
    en = "sign in first: {reason_en}"

    def __init__(self, reason_zh: str = "缺少有效令牌", reason_en: str = "no valid token") -> None:
        super().__init__(reason_zh=reason_zh, reason_en=reason_en)


class NotAllowed(QiantangError):
    """The caller is known but no policy permits this; says nothing about what exists."""

    status = 403
    zh = "没有权限执行“{action}”"
    en = "no policy permits “{action}” here"


class SecondFactorNeeded(NotAllowed):
    """No policy permits this to whoever signed in with a password alone; one may permit it to the
    same caller with a second factor. Said of the message, whatever it is about."""

    zh = "没有权限执行“{action}”；如属职权范围，请绑定动态口令并用其重新登录"
    en = "no policy permits “{action}” after a sign-in by password alone; sign in with a code"


class NotFound(QiantangError):
    """What the message names does not exist."""

    status = 404
    zh = "未找到{what}“{id}”"
    en = "no {what} “{id}”"


class Conflict(QiantangError):
    """The state moved on, or the request id was used for something else."""

    status = 409
    zh = "“{id}”已被他人修改，请重新读取后再试"
    en = "“{id}” was changed meanwhile; read it again and retry"


class RequestIdReused(Conflict):
    """The same request id came with different content."""

    zh = "请求编号“{id}”已用于内容不同的请求"
    en = "request id “{id}” was already used for a request with other content"


class RuleBroken(QiantangError):
    """A rule of the domain forbids this in the present state."""

    status = 409
    zh = "不符合业务规则"
    en = "a rule forbids this"


class Unavailable(QiantangError):
    """No answer in time, or nobody serves this; safe to repeat under the same request id.

    Raised by callers, never by a handler: it is no answer but the lack of one.
    """

    status = 503
    zh = "服务“{service}”暂时没有应答，可用同一请求编号重试"
    en = "“{service}” did not answer; retry with the same request id"


class Incident(QiantangError):
    """A bug on the other side: only its incident id is known here."""

    status = 500
    zh = "系统内部错误，编号 {incident}"
    en = "internal error, incident {incident}"
