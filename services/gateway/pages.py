"""Where pages are written down: each is a function of its visitor and of what its path names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

View = Callable[..., Any]
"""Takes the visitor and the parts of the path; returns a `Response`."""

RULES: list[Rule] = []


def page(*paths: str, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """Serve this function at these paths (werkzeug's patterns)."""

    def register(view: View) -> View:
        RULES.extend(Rule(path, endpoint=view, methods=methods) for path in paths)
        return view

    return register


def local(path: str, otherwise: str = "/") -> str:
    """A path of this site, to lead somebody on to; what leads elsewhere is replaced.

    Browsers read `//host` and `/\\host` as another site, and drop tabs and line breaks first.
    """
    is_ours = path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()
    return path if is_ours else otherwise
