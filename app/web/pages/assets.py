"""Static files, named by their content so that browsers keep them until they change."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.responses import Response
from starlette.staticfiles import StaticFiles

STATIC: Final = Path(__file__).parents[1] / "static"
TEMPLATES: Final = STATIC.with_name("templates")
_PARTS = (TEMPLATES / "[!.]*.html", STATIC / "css/[!.]*.css", STATIC / "js/[!.]*.js")


@cache
def asset(path: str) -> str:
    """Name a static file with the digest of its content."""
    digest = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={digest}"


@cache
def name_pages() -> str:
    """Name the templates, styles and scripts of pages: another version of them is named otherwise.

    The same on all hosts, whatever else lies in their folders; of the vendored scripts, which are
    not all there everywhere, it says nothing.
    """
    digest = hashlib.sha256()
    for path in sorted(each for parts in _PARTS for each in parts.parent.rglob(parts.name)):
        digest.update(f"{path.relative_to(STATIC.parent)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


class Assets(StaticFiles):
    """Serves the static files; one that is asked for by its digest never changes."""

    def file_response(self, *args: Any, **named: Any) -> Response:  # noqa: ANN401 - starlette's own
        """Answer with a file, and say how long it may be kept."""
        response = super().file_response(*args, **named)
        scope = named.get("scope") or args[2]
        by_digest = b"v" in parse_qs(scope["query_string"])
        kept = "public, max-age=31536000, immutable" if by_digest else "no-cache"
        response.headers["Cache-Control"] = kept
        return response
