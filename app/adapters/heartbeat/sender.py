"""A dead man's switch: an HTTP request each minute to an address that calls people without it."""

import asyncio
from dataclasses import dataclass, field

import httpx

_LONGEST_S = 10.0


@dataclass(frozen=True, slots=True)
class HttpHeartbeat:
    """Asks for an address; nothing about us or a patient is sent with it.

    Parameters
    ----------
    url
        Secret: whoever knows it may pretend that we live.
    longest_s
        How long one try may take in all, > 0.
    """

    url: str = field(repr=False)
    longest_s: float = _LONGEST_S

    async def beat(self) -> str | None:
        """Say that we live; why it could not be said names no part of the address."""
        try:
            # A redirection is none of what was agreed on: it may lead to a page for people.
            async with (
                asyncio.timeout(self.longest_s),
                httpx.AsyncClient(follow_redirects=False) as client,
                client.stream("GET", self.url) as answer,
            ):
                status = answer.status_code
        except TimeoutError:
            return "no answer in time"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return type(error).__name__
        return None if httpx.codes.is_success(status) else f"it answers {status}"
