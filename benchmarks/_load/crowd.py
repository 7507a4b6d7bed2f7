"""A crowd: associations that are all open before the first image, and some that stall."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.kit.clock import read_monotonic_s
from benchmarks._load.answers import Unexpected
from benchmarks._load.association import Association, Stored
from benchmarks._load.recording import Image, StoreRequests, encode_request


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Who comes: so many associations of so many images, and others that stall."""

    associations: int
    images: int
    stalled: int = 0
    calling: str = "VALLON_CT1"
    called: str = "ASTREINTE"
    patience_s: float = 120.0


@dataclass(slots=True)
class Result:
    """How it went.

    Parameters
    ----------
    opened_s
        From the first call for a connection until all were accepted.
    stored_s
        From the first byte of the first image to the last answer of all.
    answered_at_s
        When that last answer came, by the monotonic clock, which all processes of a host share.
    stored
        One for each association that was accepted.
    stalled
        Of the stalled associations, those that were still open after the last release.
    failures
        What was refused or broke off, in words.
    """

    opened_s: float = 0.0
    stored_s: float = 0.0
    answered_at_s: float = 0.0
    stored: list[Stored] = field(default_factory=list)
    stalled: int = 0
    failures: list[str] = field(default_factory=list)


class _Run:
    """One crowd at one peer."""

    def __init__(self, crowd: Crowd, *, image: Image, host: str, port: int) -> None:
        self._crowd = crowd
        self._image = image
        self._peer = (host, port)
        self._requests: dict[int, StoreRequests] = {}
        self.result = Result()

    async def run(self) -> None:
        """Let the stalled ones begin; then open all, store over all, release all."""
        stalled = await self._open(self._crowd.stalled)
        for number, each in enumerate(stalled):
            requests = self._find_requests(each)
            each.stall(requests, at=requests.stall_points[number % len(requests.stall_points)])
        begun_s = read_monotonic_s()
        opened = await self._open(self._crowd.associations)
        opened_s = read_monotonic_s()
        await self._settle(
            [each.store(self._find_requests(each), images=self._crowd.images) for each in opened]
        )
        self.result.opened_s = opened_s - begun_s
        self.result.answered_at_s = read_monotonic_s()
        self.result.stored_s = self.result.answered_at_s - opened_s
        self.result.stored = [each.stored for each in opened]
        await self._settle([each.release() for each in opened if each.is_open])
        self.result.stalled = sum(each.is_open for each in stalled)
        for each in [*stalled, *opened]:
            each.close()

    async def _open(self, number: int) -> list[Association]:
        host, port = self._peer
        request = encode_request(calling=self._crowd.calling, called=self._crowd.called)
        return await self._settle(
            [Association.open(host, port=port, request=request) for _ in range(number)]
        )

    def _find_requests(self, association: Association) -> StoreRequests:
        most = association.most_pdu_bytes
        if most not in self._requests:
            self._requests[most] = StoreRequests(self._image, most_pdu_bytes=most)
        return self._requests[most]

    async def _settle(self, work: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
        """Do all at once; what the peer refuses is noted, the rest goes on."""
        done = await asyncio.gather(*work, return_exceptions=True)
        for each in done:
            if isinstance(each, Unexpected | OSError):
                self.result.failures.append(f"{type(each).__name__}: {each}")
            elif isinstance(each, BaseException):
                raise each
        return [each for each in done if not isinstance(each, BaseException)]


async def come(crowd: Crowd, *, image: Image, host: str, port: int) -> Result:
    """Bring a crowd to a peer.

    Raises
    ------
    TimeoutError
        If it takes longer than the crowd's patience.
    """
    run = _Run(crowd, image=image, host=host, port=port)
    async with asyncio.timeout(crowd.patience_s):
        await run.run()
    return run.result
