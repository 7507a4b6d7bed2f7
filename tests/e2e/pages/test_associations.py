"""The admission log and the echoes, as somebody sees them who has an engineer on the telephone.

The nodes that are echoed are real ones. What comes in is told through the use case by which the
gateway's index tells it; the gateway itself is tried elsewhere.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from app.directory.domain import Role
from app.directory.models import RoleGrant, Sender
from app.intake.domain.arrival import EXPIRED_CERTIFICATE, UNKNOWN_CALLING, AssociationSeen
from tests.contract.dicom_sender.nodes import Node, open_pynetdicom_node, open_storescp_node
from tests.e2e.pages.browser import LAPTOP, PHONE, find_overflow
from tests.e2e.pages.conftest import LookAt, OpenAs
from tests.e2e.pages.server import run
from tests.e2e.pages.story import Night, open_unit
from tests.factories.associations import (
    REFUSED,
    TAKEN,
    make_echo,
    make_refused,
    make_seen,
    tell,
)

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

CERTIFICATE = "ct1.chu-perigueux.test"
WIDTHS = pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])


@pytest.fixture(params=["pynetdicom", "storescp"])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Node]:
    with ExitStack() as stack:
        if request.param == "pynetdicom":
            yield stack.enter_context(open_pynetdicom_node())
        else:
            yield stack.enter_context(open_storescp_node(tmp_path / "node"))


async def _prepare(night: Night) -> None:
    """Let the coordinator look after the whole group, and the scanner have an address."""
    async with open_unit(night.url) as (session, _):
        session.add(RoleGrant(user_id=night.coordinator.actor.user_id, role=Role.GCS_ADMIN.value))
        values = {"name": "Scanner des urgences", "ae_title": "CT1", "addresses": ["10.1.2.0/24"]}
        mine = Sender.id == night.stage.sender.id
        await session.execute(update(Sender).where(mine).values(values))


async def _tell(night: Night, *seen: AssociationSeen) -> list[str]:
    async with open_unit(night.url) as (session, _):
        return [str(each) for each in await tell(session, *seen)]


async def _now(night: Night, **ago: float) -> AssociationSeen:
    """Make what a gateway saw so long ago."""
    async with open_unit(night.url) as (_, now):
        return make_seen(
            sender_id=night.stage.sender.id, opened_at=now - timedelta(**ago), address="10.1.2.7"
        )


async def _tell_a_night(night: Night) -> list[str]:
    """Tell what a bad hour brings."""
    async with open_unit(night.url) as (session, now):
        seen = (*_make_good(now, night.stage.sender.id), *_make_bad(now, night.stage.sender.id))
        return [str(each) for each in await tell(session, *seen)]


def _ago(now: datetime, minutes: float) -> dict[str, Any]:
    return {"opened_at": now - timedelta(minutes=minutes), "address": "10.1.2.7"}


def _make_good(now: datetime, sender_id: int) -> list[AssociationSeen]:
    """Make what ended well, or has not ended; of the first one a class and three images failed."""
    return [
        make_seen(
            sender_id=sender_id,
            contexts=(TAKEN, REFUSED),
            reason="3 x 0xA700",
            refused_count=3,
            certificate_name=CERTIFICATE,
            certificate_not_after=now + timedelta(days=200),
            **_ago(now, 2),
        ),
        make_echo(sender_id=sender_id, **_ago(now, 12)),
        make_seen(
            sender_id=sender_id,
            calling_ae_title="CT_SECOURS",
            mark=UNKNOWN_CALLING,
            **_ago(now, 31),
        ),
        make_seen(
            sender_id=sender_id,
            outcome=None,
            closed_at=None,
            instance_count=0,
            received_bytes=0,
            last_message_at=None,
            **_ago(now, 0.1),
        ),
    ]


def _make_bad(now: datetime, sender_id: int) -> list[AssociationSeen]:
    return [
        make_refused("called_ae_title_unknown", called_ae_title="ASTRIENTE", **_ago(now, 4)),
        make_refused("calling_ae_title_unknown", calling_ae_title="CT_NEUF", **_ago(now, 5)),
        make_seen(
            sender_id=sender_id,
            outcome="lost",
            mark=EXPIRED_CERTIFICATE,
            certificate_name=CERTIFICATE,
            certificate_not_after=now - timedelta(days=3),
            instance_count=611,
            received_bytes=322_000_000,
            **_ago(now, 9),
        ),
    ]


def _look(page: Page, look_at: LookAt, name: str, *, size: tuple[int, int]) -> None:
    look_at(page, name if size == LAPTOP else f"{name}-phone")
    assert find_overflow(page) <= 0


@WIDTHS
def test_the_log_follows_what_comes_and_its_details_say_what_to_do(
    night: Night, open_as: OpenAs, look_at: LookAt, size: tuple[int, int]
) -> None:
    run(_prepare(night))
    run(_tell_a_night(night))
    page = open_as(night.coordinator, size=size)
    page.goto("/settings/associations")

    expect(page.locator("tr.row")).to_have_count(7)
    expect(page.get_by_text("1 class refused:")).to_contain_text("Segmentation Storage")
    _look(page, look_at, "associations", size=size)
    (new,) = run(_tell(night, run(_now(night, seconds=20))))
    expect(page.locator(f"#association-{new}")).to_be_visible()

    page.get_by_label("Outcome").select_option("refused")
    page.get_by_label("AE title").fill("neuf")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tr.row")).to_have_count(1)
    page.get_by_role("link", name="Details").click()

    expect(page.get_by_text("Nobody is registered as CT_NEUF at 10.1.2.7")).to_be_visible()
    expect(page.get_by_role("link", name="Scanner des urgences")).to_be_visible()
    _look(page, look_at, "association-refused", size=size)


@WIDTHS
def test_the_details_show_each_context(
    night: Night, open_as: OpenAs, look_at: LookAt, size: tuple[int, int]
) -> None:
    run(_prepare(night))
    first, *_ = run(_tell_a_night(night))
    page = open_as(night.coordinator, size=size)
    page.goto(f"/settings/associations/{first}")

    refused = page.get_by_role("row").filter(has_text="Segmentation Storage")
    expect(refused).to_contain_text("none of its transfer syntaxes was taken")
    expect(page.get_by_text("3 × 0xA700: no room on the disk")).to_be_visible()
    _look(page, look_at, "association", size=size)


def test_a_real_node_is_echoed_from_the_page_and_one_that_is_away_is_said_to_be(
    night: Night, open_as: OpenAs, look_at: LookAt, node: Node
) -> None:
    run(_prepare(night))
    page = open_as(night.coordinator, size=LAPTOP)
    page.goto(f"/settings/senders/{night.stage.sender.id}")
    at = node.destination

    page.get_by_label("AE title", exact=True).fill(at.ae_title)
    page.get_by_label("Host").fill(at.host)
    page.get_by_label("Port", exact=True).fill(str(at.port))
    page.get_by_role("button", name="Set from now on").click()
    page.get_by_role("button", name=f"Echo it {at.ae_title}").click()

    expect(page.locator("#nodes .banner")).to_contain_text("It answers, and knows us.")
    expect(page.locator("#nodes .banner")).to_contain_text(" ms")
    page.get_by_role("button", name="Echo it NODE").click()
    expect(page.locator("#nodes .banner")).to_contain_text("It cannot be reached")
    look_at(page, "sender-echo")


@WIDTHS
def test_the_engineer_on_the_telephone_sees_the_echo_arrive(
    night: Night, open_as: OpenAs, look_at: LookAt, size: tuple[int, int]
) -> None:
    run(_prepare(night))
    page = open_as(night.coordinator, size=size)
    page.goto(f"/settings/senders/{night.stage.sender.id}")
    _look(page, look_at, "sender", size=size)
    page.get_by_role("link", name="Wait for its echo").click()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()

    async def call(*, right: bool) -> None:
        async with open_unit(night.url) as (session, now):
            at = {"opened_at": now, "address": "10.1.2.7"}
            wrong = make_refused("called_ae_title_unknown", called_ae_title="ASTRIENTE", **at)
            echo = make_echo(sender_id=night.stage.sender.id, **at)
            await tell(session, echo if right else wrong)

    run(call(right=False))
    expect(page.get_by_text("The modality called ASTRIENTE.")).to_be_visible()
    _look(page, look_at, "inward-refused", size=size)
    run(call(right=True))

    expect(page.get_by_text("The echo has arrived and was answered.")).to_be_visible()
    _look(page, look_at, "inward", size=size)


@WIDTHS
def test_a_site_switches_commitment_on_knowing_what_it_means(
    night: Night, open_as: OpenAs, look_at: LookAt, size: tuple[int, int]
) -> None:
    run(_prepare(night))
    page = open_as(night.coordinator, size=size)
    page.goto("/settings/sites")
    expect(page.get_by_text("consoles delete what is committed")).to_be_visible()

    site = page.get_by_role("region", name=night.stage.site.name)
    site.get_by_label("Committed images are kept, in days").fill("30")
    site.get_by_role("button", name="Set from now on").click()

    expect(site.get_by_text("commitment 30 days")).to_be_visible()
    _look(page, look_at, "sites", size=size)
