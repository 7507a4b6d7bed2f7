"""The page of one sender: echoes in both directions, and what is agreed with it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery.domain.outcomes import Outcome
from app.directory.domain import Role
from app.directory.models import AccessLog, Endpoint
from app.intake.service.association_log import log_associations
from app.web.pages.association_words import ECHOES
from dicom_gateway.directory import take_snapshot
from tests.factories.associations import make_echo, make_refused, make_seen, tell
from tests.factories.stage import NIGHT, Stage, add_endpoint, add_user
from tests.fakes.receiver import FakeNode, FakeSender
from tests.integration.web.pages.conftest import Browse, Browser
from tests.integration.web.pages.test_associations import ids_of, words_of

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
NODE: dict[str, Any] = {"node_ae_title": "CT_NODE", "node_host": "10.1.2.3", "node_port": "104"}


def page_of(stage: Stage) -> str:
    return f"/settings/senders/{stage.sender.id}"


async def wait_for_echo(browser: Browser, stage: Stage) -> str:
    """Press the button, and return the address of the page that waits."""
    answer = await browser.get(f"{page_of(stage)}/inward")
    assert answer.status_code == 303
    return answer.headers["Location"]


@pytest.mark.asyncio
async def test_what_is_agreed_is_changed_and_reaches_the_gateway_by_its_snapshot(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    stage.site.commitment_days = 30
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))

    answer = await browser.post(
        page_of(stage),
        certificate_names="ct1.chu.test\r\n\r\nCT 1\r\n",
        most_associations=8,
        sop_classes=f"{CT}\n {MR} \n{CT}",
        transfer_syntaxes=f"{EXPLICIT}\n{IMPLICIT}",
        node_tls="yes",
        **NODE,
    )
    words = words_of((await browser.get(page_of(stage))).text)
    await session.refresh(stage.sender)
    snapshot = await take_snapshot(session, now=NIGHT)
    (known,) = [each for each in snapshot.senders if each.sender_id == stage.sender.id]
    node = await session.get_one(Endpoint, stage.sender.endpoint_id)
    logged = await session.scalars(select(AccessLog.action).where(AccessLog.subject == "sender"))

    assert (answer.status_code, answer.headers["Location"]) == (303, page_of(stage))
    assert known.certificate_names == ("ct1.chu.test", "CT 1")
    assert known.most_associations == 8
    assert known.sop_classes == (CT, MR)
    assert known.transfer_syntaxes == (EXPLICIT, IMPLICIT)
    assert known.commits
    assert (node.ae_title, node.host, node.port, node.tls) == ("CT_NODE", "10.1.2.3", 104, True)
    assert f"CT Image Storage {CT}" in words
    assert f"Explicit VR Little Endian {EXPLICIT}" in words
    assert logged.all() == ["change"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ({"sop_classes": f"{CT}\nCT Image Storage"}, "Storage classes that are taken"),
        ({"transfer_syntaxes": "1.02"}, "Transfer syntaxes that are taken"),
        ({"certificate_names": "a" * 254}, "Names on its client certificates"),
        ({"most_associations": "0"}, "Associations at the same time, at most"),
        ({"most_associations": "many"}, "Associations at the same time, at most"),
        ({"node_port": "70000"}, "Node where it answers"),
        ({"node_host": ""}, "Node where it answers"),
        ({"node_ae_title": "A" * 17}, "Node where it answers"),
    ],
)
async def test_a_wrong_field_is_named_nothing_is_changed_and_what_was_typed_stays(
    stage: Stage, browse: Browse, session: AsyncSession, typed: dict[str, str], label: str
) -> None:
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))
    fields: dict[str, Any] = {"certificate_names": "ct1.chu.test", **NODE, **typed}

    answer = await browser.post(page_of(stage), **fields)
    await session.refresh(stage.sender)

    assert answer.status_code == 422
    assert f"Nothing was changed. {label}:" in answer.text
    assert all(text in answer.text for text in fields.values())
    assert stage.sender.certificate_names == []
    assert stage.sender.endpoint_id is None


@pytest.mark.asyncio
async def test_the_coordinator_sees_what_is_agreed_and_changes_nothing(
    stage: Stage, browse: Browse
) -> None:
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    page = (await browser.get(page_of(stage))).text
    changed = await browser.post(page_of(stage), sop_classes=CT)
    echoed = await browser.post(f"{page_of(stage)}/echo/{stage.site.endpoint_id}")

    assert "readonly" in page
    assert 'type="submit" class="main"' not in page
    assert "Echo it" not in page
    assert (changed.status_code, echoed.status_code) == (403, 403)


@pytest.mark.asyncio
async def test_the_report_node_of_the_site_is_asked_and_its_answer_is_told(
    stage: Stage, browse: Browse, peers: FakeSender
) -> None:
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))
    place = f"{page_of(stage)}/echo/{stage.site.endpoint_id}"

    silent = await browser.post(place, htmx=True)
    peers.nodes["NODE"] = FakeNode(rejects=True)
    rejected = await browser.post(place, htmx=True)
    peers.nodes["NODE"] = FakeNode()
    part = await browser.post(place, htmx=True)
    whole = await browser.post(place)

    assert "It cannot be reached" in silent.text
    assert "register our AE title, ASTREINTE, there" in rejected.text
    assert "It answers, and knows us.</strong> " in part.text
    assert " ms" in part.text
    assert "<html" not in part.text
    # Without scripts it is the page itself that answers.
    assert "It answers, and knows us." in whole.text
    assert "What is agreed with it" in whole.text


@pytest.mark.asyncio
async def test_a_node_that_is_not_of_the_sender_is_not_asked_from_its_page(
    stage: Stage, browse: Browse, session: AsyncSession, peers: FakeSender
) -> None:
    foreign = await add_endpoint(session)
    peers.nodes["NODE"] = FakeNode()
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))

    answer = await browser.post(f"{page_of(stage)}/echo/{foreign.id}")

    assert answer.status_code == 404


def test_every_outcome_of_an_echo_has_its_words() -> None:
    assert ECHOES.keys() == {each.value for each in Outcome}


@pytest.mark.asyncio
async def test_the_page_that_waits_tells_the_exact_values(stage: Stage, browse: Browse) -> None:
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    words = words_of((await browser.get(await wait_for_echo(browser, stage))).text)

    assert "Called AE title (ours) ASTREINTE Host 127.0.0.1 Port 11112" in words
    assert f"Calling AE title (its own) {stage.sender.ae_title}" in words
    assert "ASTREINTE_P1 says urgent, one with ASTREINTE_ANT says prior" in words
    assert "Nothing yet." in words


@pytest.mark.asyncio
@pytest.mark.parametrize("since", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "yesterday"])
async def test_nobody_waits_since_the_beginning_or_the_end_of_time(
    stage: Stage, browse: Browse, since: str
) -> None:
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    answer = await browser.get(f"{page_of(stage)}/inward?since={since}")

    assert answer.status_code == 422


@pytest.mark.asyncio
async def test_the_echo_is_seen_and_nothing_that_came_before_the_button_was_pressed(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))
    place = await wait_for_echo(browser, stage)
    sender_id = stage.sender.id
    await tell(session, make_echo(sender_id=sender_id, opened_at=NIGHT - timedelta(seconds=1)))
    nothing = (await browser.get(place, htmx=True)).text

    (echo,) = await tell(
        session, make_echo(sender_id=sender_id, opened_at=NIGHT + timedelta(seconds=3))
    )
    part = (await browser.get(place, htmx=True)).text

    assert "Nothing yet." in nothing
    assert ids_of(part) == [str(echo)]
    assert "The echo has arrived and was answered." in part
    assert "1 echo" in words_of(part)


@pytest.mark.asyncio
async def test_a_call_of_nobody_from_the_senders_address_is_seen_with_what_to_do(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    stage.sender.addresses = ["10.9.0.0/24", "10.8.0.1/32"]
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))
    place = await wait_for_echo(browser, stage)
    later = NIGHT + timedelta(seconds=3)

    _, mine = await tell(
        session,
        make_refused("calling_ae_title_unknown", address="10.7.0.7", opened_at=later),
        make_refused(
            "called_ae_title_unknown",
            address="10.9.0.7",
            called_ae_title="ASTRIENTE",
            opened_at=later,
        ),
    )
    part = (await browser.get(place, htmx=True)).text

    assert ids_of(part) == [str(mine)]
    assert "It reaches us and is refused: the called AE title is not ours." in part
    assert "The modality called ASTRIENTE." in part


@pytest.mark.asyncio
async def test_a_gateway_whose_clock_is_behind_hides_no_echo(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))
    place = await wait_for_echo(browser, stage)
    seen = make_echo(sender_id=stage.sender.id, opened_at=NIGHT - timedelta(seconds=5))

    await log_associations(session, [seen], clock_offset_ms=-8_000)

    assert ids_of((await browser.get(place, htmx=True)).text) == [str(seen.association_id)]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"outcome": None, "closed_at": None}, "It is connected now"),
        ({}, "It reached us, but sent no echo."),
    ],
)
async def test_what_came_without_an_echo_is_told_as_it_is(
    stage: Stage,
    browse: Browse,
    session: AsyncSession,
    changes: dict[str, None],
    text: str,
) -> None:
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))
    place = await wait_for_echo(browser, stage)

    await tell(
        session,
        make_seen(sender_id=stage.sender.id, opened_at=NIGHT + timedelta(seconds=2), **changes),
    )

    assert text in (await browser.get(place, htmx=True)).text
