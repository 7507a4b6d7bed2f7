"""The page of a fault of ours: it says that it happened, and under which id the log has it."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.errors import is_for_programs, make_problem
from app.web.pages.problems import render_problem

_OUR_FAULT = 500


class PageFaults:
    """Shows people a page where a program gets problem+json; the error itself goes on outwards.

    Parameters
    ----------
    app
        What it surrounds.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or is_for_programs(scope["path"]):
            await self._app(scope, receive, send)
            return
        started = False

        async def note(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, note)
        # An edge: whatever it was, RequestContext logs it; here only its page is shown.
        except Exception:
            if not started:
                request = Request(scope, receive)
                request.state.error = None
                problem = make_problem(request, status=_OUR_FAULT, name="internal", detail="")
                response = await render_problem(request, problem)
                await response(scope, receive, send)
            raise
