"""A modality that sends urgent studies at a steady pace, at little cost: it shares the machine."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from app.demo.images.exams import MAIN
from benchmarks._gcs import Gcs
from benchmarks._load.association import Association
from benchmarks._load.image import encode_image
from benchmarks._load.recording import StoreRequests, Uids, draw_long_uid, encode_request
from benchmarks._screen_pages import read_wall_s
from benchmarks._studies import SmallStudy


def send_at_pace(studies: Sequence[SmallStudy], *, gcs: Gcs, every_s: float) -> dict[str, float]:
    """Send studies over one association; give when each was handed over, by its patient's name."""
    # Playwright's loop runs in this thread.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, _send(studies, gcs=gcs, every_s=every_s)).result()


async def _send(studies: Sequence[SmallStudy], *, gcs: Gcs, every_s: float) -> dict[str, float]:
    to = gcs.platform.gateway
    called = f"{gcs.settings.ae_title}_P1"
    request = encode_request(calling=MAIN.ae_title, called=called)
    association = await Association.open(to.host, port=to.port, request=request)
    message_ids, begun_s = count(1), read_wall_s()
    sent_at: dict[str, float] = {}
    for number, study in enumerate(studies):
        most = association.most_pdu_bytes
        images = [StoreRequests(encode_image(each), most_pdu_bytes=most) for each in study.images]
        study_uid, series_uid = draw_long_uid(), draw_long_uid()
        await asyncio.sleep(max(0.0, begun_s + number * every_s - read_wall_s()))
        sent_at[study.name] = read_wall_s()
        for image in images:
            uids = Uids(study_uid, series_uid, draw_long_uid())
            await association.store_one(image, message_id=next(message_ids), uids=uids)
    await association.release()
    return sent_at
