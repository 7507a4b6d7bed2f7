"""What tests ask of the API."""

from pathlib import Path
from typing import Any

import httpx

from tests.factories.asking import Asking
from tests.factories.requests import write_body

URL = "/api/v1/requests"
VALIDATION = {"kind": "validated", "protocol": "Sans injection"}


async def submit(client: httpx.AsyncClient, asking: Asking, **changes: Any) -> dict[str, Any]:
    answer = await client.post(URL, json=write_body(asking.stage.site.id, **changes))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def decide(
    client: httpx.AsyncClient, made: dict[str, Any], **decision: Any
) -> httpx.Response:
    body = {"version": made["version"], **(decision or VALIDATION)}
    return await client.post(f"{URL}/{made['request_id']}/decision", json=body)


async def attach(
    client: httpx.AsyncClient,
    made: dict[str, Any],
    content: bytes,
    *,
    name: str = "ordonnance.pdf",
    media_type: str = "application/pdf",
) -> httpx.Response:
    place = f"{URL}/{made['request_id']}/attachments"
    return await client.post(place, files={"file": (name, content, media_type)})


def count_files(folder: Path) -> int:
    return sum(each.is_file() for each in folder.rglob("*"))


def fields_of(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {each["field"] for each in answer.json()["errors"]}
