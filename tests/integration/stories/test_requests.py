"""The hospital asks before it scans."""

from datetime import date, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.directory.domain import Role
from app.requests import service as requests
from app.requests.domain.content import Pregnancy, RequestContent, RequestPriority, Sex
from app.requests.domain.decisions import Decision, DecisionKind
from app.requests.models import Request
from tests.factories.stage import add_user
from tests.integration.stories.exams import ct
from tests.integration.stories.night import Night

QUESTION = RequestContent(
    family_name="ESSAI",
    given_name="CLAIRE",
    birth_date=date(1971, 3, 14),
    sex=Sex.FEMALE,
    patient_id="P-0001",
    accession_number="A0001",
    priority=RequestPriority.P2,
    question="Saignement ?",
    context="Chute, sous anticoagulant.",
    region="Crâne",
    exam="Scanner cérébral avec injection",
    allergy="",
    renal_function="DFG 90",
    pregnancy=Pregnancy.NO,
    requester="Dr Vacheresse",
    call_back_number="05 00 00 00 01",
    patient_informed=True,
    expected_count=None,
)


async def ask(night: Night) -> int:
    """Let the hospital submit the request."""

    async def submit(session: AsyncSession, now: datetime) -> int:
        assert night.stage is not None
        night.stage.session = session
        emergency_room = await add_user(night.stage, role=Role.SITE)
        event = await requests.submit(
            session,
            site_id=night.hospital.site.id,
            content=QUESTION,
            actor=emergency_room,
            now=now,
        )
        return event.request_id

    return await night.do(submit)


async def decide(night: Night, request_id: int, decision: Decision) -> None:
    """Let the first reader decide."""

    async def say(session: AsyncSession, now: datetime) -> None:
        request = await session.get_one(Request, request_id)
        await pipeline.decide_request(
            session,
            request_id,
            decision=decision,
            version=request.version,
            actor=night.reader.actor,
            now=now,
        )

    await night.do(say)


@pytest.mark.asyncio
async def test_who_validated_the_request_is_offered_its_images(night: Night) -> None:
    await night.at("22:00")
    request = await ask(night)
    await night.at("22:04")
    await decide(night, request, Decision(kind=DecisionKind.VALIDATED, protocol="Sans injection"))
    case = await night.only_case()
    await night.at("22:30")
    await night.send(ct())
    await night.read_and_sign(case, at="22:35")

    assert await night.timeline(case) == [
        "22:04:00 open",
        "22:04:00 request_decided",
        "22:30:00 study_joined",
        "22:31:00 complete",
        "22:31:00 nominated",
        "22:31:00 images_forwarded",
        "22:34:00 nominated",
        "22:34:00 widened",
        "22:34:00 images_forwarded",
        "22:35:00 reading",
        "22:40:00 images_seen",
        "22:40:00 signed",
        "22:40:00 report_delivered",
        "22:40:00 report_delivered",
        "22:40:00 delivered",
    ]
    assert await night.tasks() == []
    assert await night.deliveries(case) == {"images delivered": 2, "report delivered": 2}


@pytest.mark.asyncio
async def test_a_validated_request_without_an_exam_asks_the_hospital(night: Night) -> None:
    await night.at("22:00")
    request = await ask(night)
    await night.at("22:05")
    await decide(night, request, Decision(kind=DecisionKind.VALIDATED, protocol="Sans injection"))
    case = await night.only_case()
    await night.at("22:49")
    assert await night.tasks() == []
    await night.at("22:51")

    assert await night.tasks() == ["ask_for_images"]
    assert await night.timeline(case) == [
        "22:05:00 open",
        "22:05:00 request_decided",
        "22:50:00 task_raised",
    ]
    assert await night.deliveries(case) == {}


@pytest.mark.asyncio
async def test_a_refused_request_opens_no_case_and_a_substituted_one_does(night: Night) -> None:
    await night.at("22:00")
    first = await ask(night)
    await decide(night, first, Decision(kind=DecisionKind.REFUSED, reason="Examen non justifié"))
    assert await night.cases() == []

    second = await ask(night)
    instead = Decision(
        kind=DecisionKind.SUBSTITUTED,
        exam="IRM cérébrale",
        protocol="Diffusion, FLAIR",
        reason="Patiente jeune, déficit fluctuant",
    )
    await decide(night, second, instead)
    case = await night.only_case()
    await night.at("22:20")
    await night.send(ct())
    await night.read_and_sign(case, at="22:25")

    assert await night.timeline(case) == [
        "22:00:00 open",
        "22:00:00 request_decided",
        "22:20:00 study_joined",
        "22:21:00 complete",
        "22:21:00 nominated",
        "22:21:00 images_forwarded",
        "22:24:00 nominated",
        "22:24:00 widened",
        "22:24:00 images_forwarded",
        "22:25:00 reading",
        "22:30:00 images_seen",
        "22:30:00 signed",
        "22:30:00 report_delivered",
        "22:30:00 report_delivered",
        "22:30:00 delivered",
    ]
    assert (await night.timeline(case))[-1] == "22:30:00 delivered"
    assert night.hospital.node.names() == ["PDF", "SR"]
