"""Check-ins: who comes on guard has shown that they can be reached."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter

from app.directory.domain import Permission
from app.dispatch.domain.check_in import CheckInState, Signs, TelephoneTest
from app.dispatch.repository.check_in import CheckInSeat, list_check_ins
from app.dispatch.service import check_in as use_cases
from app.dispatch.service.telephone_test import ask_for_call
from app.kit.errors import Conflict
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Body, View

router = APIRouter(prefix="/check-ins", tags=["check-ins"])

Reader = Annotated[Work, needs(Permission.PRESENCE_READ)]
Writer = Annotated[Work, needs(Permission.PRESENCE_WRITE)]


class SignsBody(Body):
    """What was tested now; what is false was not. The last of the three checks in."""

    sound_heard: bool = False
    telephone_confirmed: bool = False
    page_visible: bool = False


class CheckInView(View):
    """The check-in of the holder of a seat."""

    check_in_id: int
    seat_id: int
    line: str
    kind: str
    radiologist_id: int
    name: str
    start: datetime
    end: datetime
    state: CheckInState
    sound_heard_at: datetime | None
    telephone: str
    """The number that was tested."""
    telephone_at: datetime | None
    telephone_test: TelephoneTest | None
    page_visible_at: datetime | None
    checked_in_at: datetime | None


def _view(each: CheckInSeat) -> CheckInView:
    row = each.check_in
    return CheckInView(
        check_in_id=row.id,
        seat_id=row.seat_id,
        line=each.line,
        kind=each.kind,
        radiologist_id=row.radiologist_id,
        name=each.name,
        start=row.starts_at,
        end=row.ends_at,
        state=CheckInState(row.state),
        sound_heard_at=row.sound_heard_at,
        telephone=row.telephone,
        telephone_at=row.telephone_at,
        telephone_test=None if row.telephone_test is None else TelephoneTest(row.telephone_test),
        page_visible_at=row.page_visible_at,
        checked_in_at=row.checked_in_at,
    )


@router.get("")
async def show_check_ins(work: Reader) -> list[CheckInView]:
    """List the check-ins of the guards that run now, or begin within ten minutes."""
    return [_view(each) for each in await list_check_ins(work.session, now=work.now)]


@router.post("/telephone-test", status_code=202, responses=raises(Conflict))
async def create_telephone_test(work: Writer) -> None:
    """Have one's own telephone called; the key that is pressed there tests it."""
    await ask_for_call(work.session, actor=work.actor, now=work.now)


@router.post("", status_code=201, responses=raises(Conflict))
async def create_check_in(body: SignsBody, work: Writer) -> list[CheckInView]:
    """Keep what one has tested for one's own seats; the last of the three tests checks in."""
    signs = Signs(
        sound_heard=body.sound_heard,
        telephone_confirmed=body.telephone_confirmed,
        page_visible=body.page_visible,
    )
    await use_cases.check_in(work.session, signs=signs, actor=work.actor, now=work.now)
    found = await list_check_ins(
        work.session, now=work.now, radiologist_id=work.actor.radiologist_id
    )
    return [_view(each) for each in found]
