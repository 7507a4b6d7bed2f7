"""The log of associations: who called, what was refused and why, and what to do about it."""

import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.directory.models import RoleGrant
from app.intake.domain.arrival import EXPIRED_CERTIFICATE, ContextSeen
from app.web.pages.association_words import ADVICE
from dicom_gateway.admission import RefusalReason
from tests.factories.associations import REFUSED, TAKEN, make_refused, make_seen, tell
from tests.factories.directory import add_sender, add_site, add_society
from tests.factories.stage import NIGHT, Stage, add_user
from tests.integration.web.pages.conftest import Browse

PAGE = "/settings/associations"


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def ids_of(html: str) -> list[str]:
    return re.findall(r'id="association-([0-9a-f-]{36})"', html)


@pytest.mark.asyncio
async def test_a_line_tells_who_what_and_how_fast(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    await tell(
        session,
        make_seen(
            sender_id=stage.sender.id,
            refused_count=4,
            echo_count=1,
            reason="3 x 0xA700, 1 x 0xA900",
            contexts=(TAKEN, REFUSED),
        ),
    )
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    html = (await browser.get(PAGE)).text

    words = words_of(html)
    assert f'href="/settings/senders/{stage.sender.id}">{stage.sender.name}' in html
    assert "CT1 → calls ASTREINTE" in words
    assert "40 images 4 refused 1 echo" in words
    assert "21 MB" in words
    assert "5.5 images/s 2.6 MB/s" in words
    assert "in 10 s" in words
    assert "3 × 0xA700: no room on the disk" in words
    assert "1 class refused: Segmentation Storage" in words


@pytest.mark.asyncio
async def test_the_filters_find_what_is_looked_for(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    good, open_, stranger, refused_class = await tell(
        session,
        make_seen(sender_id=stage.sender.id, opened_at=NIGHT - timedelta(hours=3)),
        make_seen(sender_id=stage.sender.id, closed_at=None, outcome=None, calling_ae_title="MR_7"),
        make_refused("calling_ae_title_unknown", address="10.7.7.7", calling_ae_title="WHO"),
        make_seen(sender_id=stage.sender.id, contexts=(TAKEN, REFUSED)),
    )
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    async def find(query: str) -> set[str]:
        return set(ids_of((await browser.get(f"{PAGE}?{query}")).text))

    assert len(await find("")) == 4
    assert await find("sender_id=nobody") == {str(stranger)}
    assert await find(f"sender_id={stage.sender.id}") == {
        str(each) for each in (good, open_, refused_class)
    }
    assert await find("outcome=open") == {str(open_)}
    assert await find("outcome=refused") == {str(stranger)}
    assert await find("address=10.7.0.0/16") == {str(stranger)}
    assert await find("ae_title=mr_") == {str(open_)}
    assert await find("ae_title=%25") == set()
    assert await find("troubled=yes") == {str(stranger), str(refused_class)}
    # The page is in the time of the group: 21:00 UTC is 22:00 in Paris.
    assert await find("until=2026-11-20T20:00") == {str(good)}
    assert str(good) not in await find("since=2026-11-20T20:00")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "query",
    [
        "address=10.1.2.3/8",
        "address=nowhere",
        "since=2026-02-31T00:00",
        "until=0001-01-01T00:00",
        "since=9999-12-31T23:59",
    ],
)
async def test_what_cannot_be_looked_for_is_said_and_what_was_typed_stays(
    stage: Stage, browse: Browse, query: str
) -> None:
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    answer = await browser.get(f"{PAGE}?{query}")

    assert answer.status_code == 422
    assert "This cannot be looked for" in answer.text
    assert f'value="{query.partition("=")[2]}"' in answer.text


@pytest.mark.asyncio
async def test_older_ones_are_on_the_next_page_which_no_longer_follows(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    ids = await tell(
        session, *(make_seen(opened_at=NIGHT - timedelta(minutes=each)) for each in range(53))
    )
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    first = (await browser.get(f"{PAGE}?sender_id=nobody")).text
    older = re.search(r'href="([^"]+before=[^"]+)"', first)
    assert older is not None
    second = (await browser.get(older[1].replace("&amp;", "&"))).text

    assert ids_of(first) + ids_of(second) == [str(each) for each in ids]
    assert 'hx-trigger="every 5s"' in first
    assert 'hx-trigger="every 5s"' not in second


@pytest.mark.asyncio
async def test_what_follows_is_the_list_alone(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    (known,) = await tell(session, make_seen(sender_id=stage.sender.id))
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    part = (await browser.get(PAGE, htmx=True)).text

    assert ids_of(part) == [str(known)]
    assert "<html" not in part


@pytest.mark.asyncio
async def test_the_details_name_classes_and_syntaxes_and_say_why_one_was_refused(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    commitment = ContextSeen("1.2.840.10008.1.20.1", ("1.2.840.10008.1.2",), None)
    private = ContextSeen("1.3.12.2.1107.5.9.1", ("1.2.840.10008.1.2",), "1.2.840.10008.1.2")
    odd = ContextSeen("not a uid", ("neither",), None)
    (known,) = await tell(
        session,
        make_seen(
            sender_id=stage.sender.id,
            contexts=(TAKEN, private, commitment, odd),
            mark=EXPIRED_CERTIFICATE,
            certificate_name="ct1.chu.test",
            certificate_not_after=NIGHT - timedelta(days=2),
        ),
    )
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    words = words_of((await browser.get(f"{PAGE}/{known}")).text)

    assert "CT Image Storage 1.2.840.10008.5.1.4.1.1.2" in words
    assert "JPEG-LS Lossless Image Compression" in words
    assert "Storage Commitment Push Model SOP Class" in words
    assert "storage commitment is off for the site" in words
    assert "1.3.12.2.1107.5.9.1" in words
    assert "CT_VENDOR_7" in words
    assert "131072 bytes" in words
    assert "ct1.chu.test until Nov 18, 2026" in words
    assert "expired certificate" in words
    # Refused ones come first, whatever the order of the peer.
    assert words.index("not a uid") < words.index("CT Image Storage")


@pytest.mark.asyncio
async def test_every_refusal_says_what_to_do(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    ids = await tell(session, *(make_refused(reason) for reason in RefusalReason))
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    pages = [words_of((await browser.get(f"{PAGE}/{each}")).text) for each in ids]

    for reason, words in zip(RefusalReason, pages, strict=True):
        assert "Refused: " in words
        assert reason.value not in words
        assert "The reason is not one that this page knows" not in words
        assert "None" not in words


@pytest.mark.asyncio
async def test_a_wrong_called_title_is_told_with_the_three_that_are_right(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    (known,) = await tell(session, make_refused("called_ae_title_unknown", called_ae_title="AST"))
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    words = words_of((await browser.get(f"{PAGE}/{known}")).text)

    assert "called AST." in words
    assert "one of ASTREINTE, ASTREINTE_P1, ASTREINTE_ANT." in words


@pytest.mark.asyncio
async def test_a_refusal_from_the_address_of_a_sender_names_that_sender(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    (known,) = await tell(
        session, make_refused("calling_ae_title_unknown", calling_ae_title="NEW_CT")
    )
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    html = (await browser.get(f"{PAGE}/{known}")).text

    assert f'The address is one of <a href="/settings/senders/{stage.sender.id}">' in html
    assert "NEW_CT at 127.0.0.1" in html


@pytest.mark.asyncio
async def test_a_reason_that_this_page_does_not_know_is_shown_as_it_is(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    (known,) = await tell(session, make_refused("something_new"))
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    words = words_of((await browser.get(f"{PAGE}/{known}")).text)

    assert "something_new" in words
    assert "The reason is not one that this page knows" in words


@pytest.mark.asyncio
async def test_a_coordinator_of_a_society_sees_its_own_only_and_no_reader_any(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    other = await add_site(session, society_id=(await add_society(session)).id)
    foreign = await add_sender(session, site_id=other.id)
    own, hidden, nobodys = await tell(
        session,
        make_seen(sender_id=stage.sender.id),
        make_seen(sender_id=foreign.id),
        make_refused("calling_ae_title_unknown"),
    )
    actor = await add_user(stage, role=Role.COORDINATOR)
    session.add(RoleGrant(user_id=actor.user_id, role="coordinator", society_id=stage.society.id))
    await session.flush()
    browser = await browse(actor)
    reader = await browse(await add_user(stage, role=Role.RADIOLOGIST))

    listed = ids_of((await browser.get(PAGE)).text)
    statuses = [
        (await browser.get(f"{PAGE}/{each}")).status_code
        for each in (own, hidden, nobodys, uuid.uuid4())
    ]

    assert listed == [str(own)]
    assert statuses == [200, 404, 404, 404]
    assert (await reader.get(PAGE)).status_code == 403


def test_every_refusal_that_the_gateway_knows_has_its_advice() -> None:
    assert {each.value for each in RefusalReason} - ADVICE.keys() == set()


@pytest.mark.asyncio
async def test_a_handshake_that_failed_has_no_title_and_no_certificate(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    (known,) = await tell(
        session,
        make_refused(RefusalReason.TLS_NOT_SPOKEN, calling_ae_title="", called_ae_title=""),
    )
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    words = words_of((await browser.get(f"{PAGE}/{known}")).text)

    assert "no title was told" in words
    assert "Switch TLS on at 127.0.0.1" in words
    assert "not known: TLS did not come about" in words
