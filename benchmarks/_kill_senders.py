"""Modalities that never give up: what was not acknowledged is sent again, under the same UIDs."""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread

from benchmarks._load.answers import Unexpected
from benchmarks._load.association import Association
from benchmarks._load.recording import Image, StoreRequests, Uids, draw_long_uid, encode_request

_HOST = "127.0.0.1"
_AGAIN_S = 0.2
_IMAGES = 10
"""Of one study, sent over one association when nothing comes between."""
_LARGE_EVERY = 8
_REST_S = 0.03
"""Between two images, as a modality that makes them: it is the moment of a kill that counts."""
_ANSWER_WITHIN_S = 20.0
"""A gateway that was killed may leave a connection that nobody ever answers."""


@dataclass(slots=True)
class Sent:
    """What senders were told; filled by their thread, read by any.

    Parameters
    ----------
    acknowledged
        By SOP Instance UID: which image, and all its UIDs.
    studies
        All that were begun.
    broken
        Associations that ended before their last answer, or were never opened.
    """

    acknowledged: dict[str, tuple[Image, Uids]] = field(default_factory=dict)
    studies: set[str] = field(default_factory=set)
    broken: int = 0

    def digest_of(self, instance: str) -> bytes:
        """Compute the SHA-256 of the data set that was acknowledged."""
        image, uids = self.acknowledged[instance]
        return hashlib.sha256(image.patch(uids)).digest()


class Senders:
    """Several modalities in a thread of their own, each with one association after the other.

    Parameters
    ----------
    images
        A small one and a large one.
    calling, called
        Titles.
    """

    def __init__(self, images: Sequence[Image], *, calling: str, called: str) -> None:
        self.port = 0
        self.sent = Sent()
        self._images = images
        self._request = encode_request(calling=calling, called=called)
        self._stop = False
        self._failure: BaseException | None = None

    @contextmanager
    def sending(self, count: int) -> Iterator[None]:
        """Let so many send until the end of the block; what they began they break off."""
        thread = Thread(target=self._run, args=(count,), name="senders")
        thread.start()
        try:
            yield
        finally:
            self._stop = True
            thread.join()
        if self._failure is not None:
            raise self._failure

    def _run(self, count: int) -> None:
        try:
            asyncio.run(self._send_all(count))
        except BaseException as error:  # noqa: BLE001 - told to who waits for the thread
            self._failure = error

    async def _send_all(self, count: int) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(self._send(number))

    async def _send(self, number: int) -> None:
        while not self._stop:
            image = self._images[1 if number % _LARGE_EVERY == 0 else 0]
            study, series = draw_long_uid(), draw_long_uid()
            self.sent.studies.add(study)
            waiting = [Uids(study, series, draw_long_uid()) for _ in range(_IMAGES)]
            while waiting and not self._stop:
                try:
                    async with asyncio.timeout(_ANSWER_WITHIN_S):
                        await self._store(image, waiting)
                except (Unexpected, OSError, TimeoutError):
                    self.sent.broken += 1
                    await asyncio.sleep(_AGAIN_S)
            number += 1

    async def _store(self, image: Image, waiting: list[Uids]) -> None:
        association = await Association.open(_HOST, port=self.port, request=self._request)
        try:
            requests = StoreRequests(image, most_pdu_bytes=association.most_pdu_bytes)
            for message_id in range(1, len(waiting) + 1):
                if self._stop:
                    return
                uids = waiting[0]
                await association.store_one(requests, message_id=message_id, uids=uids)
                self.sent.acknowledged[uids.instance] = (image, uids)
                del waiting[0]
                await asyncio.sleep(_REST_S)
            with suppress(Unexpected):
                await association.release()
        finally:
            association.close()
