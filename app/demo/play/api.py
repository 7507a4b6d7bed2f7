"""The platform's HTTP interface, as a program of a society would use it."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

import httpx

from app.kit.clock import read_monotonic_s
from app.kit.errors import Unavailable

Seen = TypeVar("Seen")

_GLANCE_S = 0.2
_TIMEOUT_S = 120.0
"""Long: a platform that is slow for a while, beside other work, has not failed."""


class StepMissed(Unavailable):
    """A step of the main job was not seen."""


class Api:
    """Somebody who is signed in, with a bearer token.

    Parameters
    ----------
    client
        Knows the address and carries the token.
    """

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    @classmethod
    def sign_in(cls, url: str, *, login: str, password: str) -> Self:
        """Sign in; the demo's users have no second factor, but one."""
        client = httpx.Client(base_url=url, timeout=_TIMEOUT_S)
        api = cls(client)
        credentials = {"login": login, "password": password, "credential": "token"}
        token = api.post("/api/v1/session", credentials)["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        return api

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, **parameters: str | int) -> Any:  # noqa: ANN401 - JSON
        """Read."""
        return self._send("GET", path, params=parameters)

    def post(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        submission_key: str | None = None,
    ) -> Any:  # noqa: ANN401 - JSON
        """Ask for something to be done; under a key, once, however often it is asked for."""
        headers = {} if submission_key is None else {"Idempotency-Key": submission_key}
        return self._send("POST", path, json=body, headers=headers)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Save."""
        return self._send("PUT", path, json=body)

    def download(self, path: str, **parameters: str | int) -> bytes:
        """Read a file."""
        return self._ask("GET", path, params=parameters).content

    def _send(self, method: str, path: str, **content: Any) -> Any:  # noqa: ANN401 - JSON
        answer = self._ask(method, path, **content)
        return answer.json() if answer.content else None

    def _ask(self, method: str, path: str, **content: Any) -> httpx.Response:  # noqa: ANN401 - JSON
        try:
            answer = self._client.request(method, path, **content)
        except httpx.HTTPError as error:
            msg = f"{method} {path} got no answer: {type(error).__name__}"
            raise StepMissed(msg) from error
        if answer.is_error:
            msg = f"{method} {path} was answered {answer.status_code}: {_read_problem(answer)}"
            raise StepMissed(msg)
        return answer


def _read_problem(answer: httpx.Response) -> str:
    # RFC 9457: `detail` is the sentence for people.
    try:
        problem = answer.json()
    except ValueError:
        return answer.reason_phrase
    return str(problem.get("detail") or problem.get("title") or problem)


def wait_for(what: str, look: Callable[[], Seen | None], *, within_s: float) -> Seen:
    """Look again and again until there is something to see.

    Parameters
    ----------
    what
        Of what is waited for; for the message.
    look
        Returns what it sees, or nothing yet.
    within_s
        Patience in seconds, > 0.

    Raises
    ------
    StepMissed
        If nothing was seen in time.
    """
    deadline_s = read_monotonic_s() + within_s
    while True:
        seen = look()
        if seen is not None:
            return seen
        if read_monotonic_s() > deadline_s:
            msg = f"{what} was not seen within {within_s:.0f} s"
            raise StepMissed(msg)
        time.sleep(_GLANCE_S)
