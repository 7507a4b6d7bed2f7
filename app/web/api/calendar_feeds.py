"""Calendar feeds: secret addresses at which programs of calendars read guards."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app.directory.domain import Permission
from app.kit.errors import NotFound
from app.planning.domain.agenda import Subject
from app.planning.service import agendas
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Body, BodyKey, Key, View

router = APIRouter(prefix="/calendar-feeds", tags=["planning"])

Reader = Annotated[Work, needs(Permission.PLANNING_READ)]


class FeedBody(Body):
    """Whose guards; neither of the two: those of the whole group."""

    radiologist_id: BodyKey | None = None
    society_id: BodyKey | None = None


class FeedView(View):
    """A feed; its address was shown when it was made."""

    id: int
    radiologist_id: int | None
    society_id: int | None
    created_at: datetime
    last_read_at: datetime | None
    """To the hour."""


class NewFeedView(FeedView):
    """A feed that was just made."""

    path: Annotated[str, Field(description="below the platform's address; shown this once")]


@router.get("")
async def list_feeds(work: Reader) -> list[FeedView]:
    """List the feeds that one made, or that show one's guards."""
    feeds = await agendas.list_feeds(work.session, actor=work.actor)
    return [FeedView.model_validate(each) for each in feeds]


@router.post("", status_code=201, responses=raises(NotFound))
async def create_feed(body: FeedBody, work: Reader) -> NewFeedView:
    """Make an address for one's own guards, those of a society, or those of the group.

    Guards carry names of radiologists and societies, never a patient; who knows the address reads
    them, until it is revoked.
    """
    feed, secret = await agendas.add_feed(
        work.session,
        subject=Subject(radiologist_id=body.radiologist_id, society_id=body.society_id),
        actor=work.actor,
        now=work.now,
    )
    view = FeedView.model_validate(feed)
    return NewFeedView(**view.model_dump(), path=f"/calendars/{secret}/guards.ics")


@router.delete("/{feed_id}", status_code=204, responses=raises(NotFound))
async def revoke_feed(feed_id: Key, work: Reader) -> None:
    """Let an address be read no more."""
    await agendas.revoke_feed(work.session, feed_id, actor=work.actor, now=work.now)
