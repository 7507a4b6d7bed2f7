"""Notifications: what a page is to show, what became of each, and answers from the telephone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from pydantic import Field, ValidationError, model_validator

from app.directory.domain import Permission
from app.dispatch.domain.notification import (
    SILENT,
    Answer,
    Channel,
    NotificationState,
)
from app.dispatch.domain.notification_signature import check_signature, check_stamp
from app.dispatch.domain.notification_words import find_path
from app.dispatch.repository.check_in import list_check_ins
from app.dispatch.repository.notification import offer_of
from app.dispatch.repository.notification_lists import list_awaited, list_of_case, list_tries
from app.dispatch.service.check_in import radiologist_of
from app.dispatch.service.notification import note_shown
from app.kit.errors import Conflict, Invalid, NotFound
from app.pipeline.notifying import Answered, telephone_answered, telephone_reached
from app.web.case_access import enter_case
from app.web.container import container_of
from app.web.dependencies import AnyonesUnit, UnitOfWork, Work, needs
from app.web.errors import raises
from app.web.schemas import LARGEST_KEY, Body, BodyKey, Key, View

router = APIRouter(tags=["notifications"])

Reader = Annotated[Work, needs(Permission.PRESENCE_WRITE)]
Onlooker = Annotated[Work, needs(Permission.CASE_READ)]


class AwaitedView(View):
    """What a page is to show now."""

    notification_id: int
    case_id: int
    priority: str
    path: str
    rings: bool
    """Does the page sound?"""


class AwaitedViews(View):
    """All that a reader's pages are to show, and whether their telephone was tested."""

    notifications: list[AwaitedView]
    telephone_tested_at: datetime | None
    """At the check-in of the guard that runs or is about to begin."""


class ShownBody(Body):
    """What a page has shown at one time, and how."""

    notification_ids: Annotated[frozenset[BodyKey], Field(min_length=1, max_length=100)]
    sounded: bool
    """Has the browser let it sound?"""


class ShownView(View):
    """Where a notification stands since then."""

    notification_id: int
    state: NotificationState


class TryView(View):
    """A try; one that has not ended is under way, or was lost with its scheduler."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    detail: str


class NotificationView(View):
    """A notification of a case, with every try."""

    notification_id: int
    radiologist_id: int
    name: str
    step: int
    channel: Channel
    state: NotificationState
    created_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    shown_at: datetime | None
    answer: int | None
    answered_at: datetime | None
    last_error: str | None
    tries: list[TryView]


class CallbackBody(Body):
    """What the service outside says: the key that was pressed, or whether it reached anybody."""

    reference: UUID
    case: int | None = Field(default=None, ge=1, le=LARGEST_KEY)
    """Nothing, of a test or an alarm."""
    answer: Literal[1, 2] | None = None
    status: Literal["delivered", "failed"] | None = None

    @model_validator(mode="after")
    def _say_one_thing(self) -> Self:
        if (self.answer is None) == (self.status is None):
            raise ValueError("give either an answer or a status")
        return self


class CallbackView(View):
    """What the answer came to; nothing follows a status."""

    outcome: Answered | None


@router.get("/notifications")
async def list_mine(work: Reader) -> AwaitedViews:
    """List what one's own pages are to show now."""
    own = radiologist_of(work.actor)
    check_ins = await list_check_ins(work.session, now=work.now, radiologist_id=own)
    tested = [each.check_in.telephone_at for each in check_ins]
    return AwaitedViews(
        notifications=[
            AwaitedView(
                notification_id=each.id,
                case_id=offered.case_id,
                priority=each.priority,
                path=find_path(offered.case_id),
                rings=each.priority not in SILENT,
            )
            for each in await list_awaited(work.session, own)
            for offered in [offer_of(each)]
        ],
        telephone_tested_at=max((each for each in tested if each is not None), default=None),
    )


@router.post("/notifications/shown")
async def confirm_shown(body: ShownBody, work: Reader) -> list[ShownView]:
    """Confirm that a page has shown them; of what is urgent a mute page has the telephone called.

    The answer names those that are for one's own pages. Any other is left out of it, and keeps
    nobody from being told of the rest.
    """
    states = await note_shown(
        work.session,
        body.notification_ids,
        radiologist_id=radiologist_of(work.actor),
        has_sounded=body.sounded,
        now=work.now,
    )
    return [ShownView(notification_id=each, state=state) for each, state in states.items()]


@router.get("/cases/{case_id}/notifications", responses=raises(NotFound))
async def list_case_notifications(case_id: Key, work: Onlooker) -> list[NotificationView]:
    """List who was told of a case, by what, and what became of it; the newest first."""
    await enter_case(work, case_id, Permission.CASE_READ)
    rows = await list_of_case(work.session, case_id)
    tries = await list_tries(work.session, [row.id for row, _ in rows])
    return [
        NotificationView(
            notification_id=row.id,
            name=name,
            tries=[
                TryView.model_validate(each) for each in tries if each.notification_id == row.id
            ],
            **{
                field: getattr(row, field)
                for field in NotificationView.model_fields
                if field not in {"notification_id", "name", "tries"}
            },
        )
        for row, name in rows
    ]


# ------------------------------------------------------------------ from the service outside


class NoHook(NotFound):
    """There is no service outside that could answer."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What the service outside says, signed by it at some time."""

    body: CallbackBody
    stamp: str


async def _read_signed(
    request: Request,
    webhook_id: Annotated[str, Header(max_length=200)],
    webhook_timestamp: Annotated[str, Header(max_length=20)],
    webhook_signature: Annotated[str, Header(max_length=500)],
) -> Signed:
    secret = container_of(request).settings.hook_secret
    if secret is None:
        raise NoHook("no service outside calls telephones for this platform")
    body = await request.body()
    check_signature(
        body,
        message_id=webhook_id,
        stamp=webhook_timestamp,
        signature=webhook_signature,
        secret=secret.get_secret_value(),
    )
    try:
        said = CallbackBody.model_validate_json(body)
    except ValidationError as error:
        where = {".".join(str(part) for part in each["loc"]) for each in error.errors()}
        raise Invalid(f"this callback is not understood: {', '.join(sorted(where))}") from None
    return Signed(said, webhook_timestamp)


@router.post("/notifications/callback", responses=raises(NotFound, Conflict))
async def take_callback(
    # The first of the two: a stranger who sends slowly must not hold a transaction meanwhile.
    signed: Annotated[Signed, Depends(_read_signed)],
    unit: AnyonesUnit,
) -> CallbackView:
    """Take what the service outside says, signed as Standard Webhooks 1.0; repeats do no harm."""
    check_stamp(signed.stamp, now=unit.now)
    return CallbackView(outcome=await _act(unit, signed.body))


async def _act(unit: UnitOfWork, said: CallbackBody) -> Answered | None:
    if said.answer is not None:
        return await telephone_answered(
            unit.session,
            said.reference,
            case_id=said.case,
            answer=Answer(said.answer),
            now=unit.now,
        )
    await telephone_reached(
        unit.session,
        said.reference,
        case_id=said.case,
        is_reached=said.status == "delivered",
        now=unit.now,
    )
    return None
