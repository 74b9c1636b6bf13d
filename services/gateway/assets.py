"""What pages load: our own style and script, and the packages that set-up installed."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path
from typing import Final

from werkzeug.wrappers import Request, Response

from services.gateway.pages import page
from services.gateway.visitor import Visitor
from shared.errors import NotFound

FOLDER: Final = Path(__file__).parent
FILES: Final = {
    "style.css": FOLDER / "static" / "style.css",
    "faces.js": FOLDER / "static" / "faces.js",
    "htmx.js": FOLDER / "node_modules" / "htmx.org" / "dist" / "htmx.min.js",
}
FOR_A_YEAR: Final = "public, max-age=31536000, immutable"


@cache
def _content(name: str) -> tuple[bytes, bytes, str]:
    """A file, the same compressed, and its digest."""
    content = FILES[name].read_bytes()
    return content, gzip.compress(content, mtime=0), hashlib.sha256(content).hexdigest()[:12]


def address_of(name: str) -> str:
    """Where a file is served, empty where set-up did not install it; another content has another
    address, so that browsers keep it."""
    return f"/assets/{_content(name)[2]}/{name}" if FILES[name].exists() else ""


@page("/assets/<digest>/<name>")
def asset(visitor: Visitor, digest: str, name: str) -> Response:
    """One of the files."""
    if name not in FILES or not FILES[name].exists():
        raise NotFound(what="page", id=name)
    content, compressed, _ = _content(name)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"Cache-Control": FOR_A_YEAR, "Vary": "Accept-Encoding"}
    if _takes_gzip(visitor.request):
        return Response(
            compressed, content_type=kind, headers={**headers, "Content-Encoding": "gzip"}
        )
    return Response(content, content_type=kind, headers=headers)


def _takes_gzip(request: Request) -> bool:
    return request.accept_encodings.quality("gzip") > 0
