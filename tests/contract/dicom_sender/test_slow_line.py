"""An object that takes longer on the line than an answer may take arrives all the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.dicom.sender import PynetdicomSender
from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import FileToSend
from tests.contract.dicom_sender.nodes import PATIENCE, open_pynetdicom_node
from tests.factories.dicom import make_ct_slice

_CHUNK = 16 * 1024
_PAUSE_S = 0.05


@asynccontextmanager
async def open_slow_line(port: int) -> AsyncIterator[int]:
    """Give a port from which a node is reached at about 300 kB a second."""

    async def forward(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, pause_s: float
    ) -> None:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause_s)
        writer.close()
        await writer.wait_closed()

    ended = asyncio.Event()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_node, to_node = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(
            forward(reader, to_node, pause_s=_PAUSE_S), forward(from_node, writer, pause_s=0)
        )
        ended.set()

    server = await asyncio.start_server(connect, "127.0.0.1", 0, limit=_CHUNK)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.wait_for(ended.wait(), timeout=10)


@pytest.mark.asyncio
async def test_the_answer_is_waited_for_from_the_end_of_a_long_transfer(tmp_path: Path) -> None:
    image = make_ct_slice(Rows=700, Columns=700, PixelData=bytes(2 * 700 * 700))
    path = tmp_path / "image.dcm"
    image.save_as(path, enforce_file_format=True)
    file = FileToSend(str(image.SOPInstanceUID), path)
    sender = PynetdicomSender("ASTREINTE", replace(PATIENCE, dimse_s=1))
    with open_pynetdicom_node() as node:
        async with open_slow_line(node.destination.port) as port:
            destination = replace(node.destination, port=port)

            results = [result async for result in sender.store([file], to=destination)]

    assert [each.outcome for each in results] == [Outcome.ACCEPTED]
    assert set(node.received) == {file.sop_instance_uid}
