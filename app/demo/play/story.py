"""The main job: from the hospital's request to the report that it has read.

Every step is done by its real actor, through the interface that it has in a hospital: modalities,
workstations and nodes speak DICOM; the hospital's emergency room, the radiologist and the
coordinator speak HTTP.
"""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

from app.demo.gcs.shapes import RadiologistData
from app.demo.gcs.users import COORDINATOR
from app.demo.images.exams import ANGIOGRAPHY, FLOW, MAIN, MAPS
from app.demo.images.identity import StudyIdentity
from app.demo.play import orders
from app.demo.play.api import Api, StepMissed, wait_for
from app.demo.play.beside import check_silence, send_bystanders
from app.demo.play.finish import read_at_hospital, wait_for_copies, write_and_sign
from app.demo.play.milestones import Facts, Milestone, name_missing, read_milestones
from app.demo.play.narrator import Narrator
from app.demo.play.received import HospitalCopy
from app.demo.play.stage import DELIVERED_WITHIN_S, SEEN_WITHIN_S, Stage
from app.demo.play.standing import leave_late_images, leave_requests

_PRELIMINARY = {
    "text": "Hématome extradural pariétal droit, à transférer sans attendre le compte rendu.",
    "told_to": "Dr Vacheresse, urgences",
    "means": "telephone",
}
_IMAGES = (MAIN, ANGIOGRAPHY, MAPS)


@dataclass(frozen=True, slots=True)
class Ending:
    """What was seen when the job was done."""

    case_id: int
    radiologist: RadiologistData
    milestones: list[Milestone]
    bystanders: list[Milestone]
    copies: tuple[HospitalCopy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cast:
    """Who plays; each is signed in."""

    coordinator: Api
    hospital: Api
    reader: Api
    radiologist: RadiologistData


@dataclass(frozen=True, slots=True, kw_only=True)
class _Studies:
    """The two studies of the patient, each with its own accession number."""

    main: StudyIdentity
    angiography: StudyIdentity


def fill_worklist(stage: Stage, *, narrator: Narrator) -> None:
    """Let the other hospitals send, so that the case has company."""
    with narrator.step(f"{len(FLOW)} hospitals push CT, MR, US and other studies"):
        for exam in FLOW:
            stage.send(exam, identity=exam.draw_identity(acquired_at=stage.acquired_at))


def play(stage: Stage, *, narrator: Narrator) -> Ending:
    """Play the main job.

    Raises
    ------
    StepMissed
        At the first step that is not seen, saying which.
    """
    main = MAIN.draw_identity(acquired_at=stage.acquired_at)
    angiography = main.draw_next(description=ANGIOGRAPHY.description, acquired_at=stage.acquired_at)
    studies = _Studies(main=main, angiography=angiography)
    with ExitStack() as stack:
        cast = _sign_everybody_in(stage, stack=stack)
        with narrator.step("who is on guard checks in: sound, telephone, page"):
            _check_in(stage, cast.coordinator)
        request_id = _order(cast, identity=main, narrator=narrator)
        with narrator.step("other hospitals ask for exams as well"):
            leave_requests(stage, cast.coordinator, reader=cast.reader)
        case_id, radiologist, reader = _read(
            stage, cast, studies=studies, stack=stack, narrator=narrator
        )
        bystanders = _pass_by(stage, cast, identity=main, narrator=narrator)
        write_and_sign(reader, case_id, narrator=narrator)
        copies = wait_for_copies(
            stage, cast.coordinator, case_id, identities=(main, angiography), narrator=narrator
        )
        read_at_hospital(cast.hospital, case_id, narrator=narrator)
        milestones = _read_timeline(cast, case_id, request_id=request_id, studies=studies)
        with narrator.step("a reconstruction comes late, and somebody is told"):
            leave_late_images(stage, cast.coordinator, case_id=case_id, identity=angiography)
    missing = name_missing(milestones)
    if missing:
        msg = f"case {case_id} has no trace of: {', '.join(missing)}"
        raise StepMissed(msg)
    return Ending(case_id, radiologist, milestones, bystanders, copies)


def _sign_everybody_in(stage: Stage, *, stack: ExitStack) -> _Cast:
    coordinator = stack.enter_context(closing(stage.sign_in(COORDINATOR.login)))
    radiologist = orders.find_on_guard(coordinator)
    return _Cast(
        coordinator=coordinator,
        hospital=stack.enter_context(closing(stage.sign_in(orders.login_of(MAIN.site_data)))),
        reader=stack.enter_context(closing(stage.sign_in(radiologist.login))),
        radiologist=radiologist,
    )


def _check_in(stage: Stage, coordinator: Api) -> None:
    """Let everybody on guard show that they can be reached, as they do at its beginning."""
    for radiologist_id in dict.fromkeys(orders.list_on_guard(coordinator)):
        radiologist = orders.find_radiologist(coordinator, radiologist_id)
        with closing(stage.sign_in(radiologist.login)) as reader:
            reader.post(
                "/api/v1/check-ins",
                {"sound_heard": True, "telephone_confirmed": True, "page_visible": True},
            )


def _order(cast: _Cast, *, identity: StudyIdentity, narrator: Narrator) -> int:
    order = orders.HEAD_INJURY
    with narrator.step(f"{MAIN.site_data.name} asks for a scanner, P1"):
        request_id = orders.submit(
            cast.hospital, order, identity=identity, call_back=MAIN.site_data.telephone_emergency
        )
    with narrator.step(
        f"Dr {cast.radiologist.family_name}, on guard, validates it with a protocol"
    ):
        orders.validate(cast.reader, request_id, protocol=order.protocol)
    return request_id


def _read(
    stage: Stage, cast: _Cast, *, studies: _Studies, stack: ExitStack, narrator: Narrator
) -> tuple[int, RadiologistData, Api]:
    """Let the images come, the case be taken and a first result be told by telephone."""
    with ThreadPoolExecutor(1, thread_name_prefix="demo-modality") as pool:
        sending = pool.submit(_send_exam, stage, studies)
        with narrator.step("the images find their case, which is offered to who validated it"):
            case_id = wait_for(
                "the case of the request with its images",
                lambda: _find_case(cast.coordinator, studies.main),
                within_s=SEEN_WITHIN_S,
            )
            radiologist = _find_nominee(cast, case_id)
        reader = cast.reader
        if radiologist != cast.radiologist:
            # The guard ended between the validation and the images.
            reader = stack.enter_context(closing(stage.sign_in(radiologist.login)))
        _take(reader, case_id, name=radiologist.family_name, narrator=narrator)
        _wait_for_images(cast.coordinator, case_id, sending=sending, narrator=narrator)
    return case_id, radiologist, reader


def _send_exam(stage: Stage, studies: _Studies) -> int:
    sent = stage.send(MAIN, identity=studies.main)
    sent += stage.send(ANGIOGRAPHY, identity=studies.angiography)
    return sent + stage.send(MAPS, identity=studies.angiography)


def _find_case(api: Api, identity: StudyIdentity) -> int | None:
    worklist = api.get("/api/v1/worklist")
    for row in worklist["to_read"]:
        if row["patient_birth_date"] == identity.patient.birth_date:
            case = api.get(f"/api/v1/cases/{row['case_id']}")
            if _find_study(case, identity) is not None:
                return int(row["case_id"])
    return None


def _find_study(case: Mapping[str, Any], identity: StudyIdentity) -> int | None:
    uid = identity.study_instance_uid
    found = (each["study_id"] for each in case["studies"] if each["study_instance_uid"] == uid)
    return next(found, None)


def _find_nominee(cast: _Cast, case_id: int) -> RadiologistData:
    """Find who is asked to read: who validated the request, while they are on guard."""
    api = cast.coordinator

    def look() -> list[int] | None:
        row = api.get(f"/api/v1/cases/{case_id}")["row"]
        return [nominee["radiologist_id"] for nominee in row["nominees"]] or None

    asked = wait_for("a nomination", look, within_s=SEEN_WITHIN_S)
    on_guard = orders.list_on_guard(api)
    nominees = [orders.find_radiologist(api, each) for each in asked if each in on_guard]
    if cast.radiologist in nominees:
        return cast.radiologist
    still = {orders.find_radiologist(api, each).login for each in on_guard}
    if not nominees or cast.radiologist.login in still:
        msg = (
            f"case {case_id} is offered to radiologists {asked}, not to Dr"
            f" {cast.radiologist.family_name}, who validated its request and is on guard"
        )
        raise StepMissed(msg)
    return nominees[0]


def _take(api: Api, case_id: int, *, name: str, narrator: Narrator) -> None:
    with narrator.step(f"Dr {name} acknowledges, claims, and telephones a first result"):
        api.post(f"/api/v1/cases/{case_id}/acknowledge")
        api.post(f"/api/v1/cases/{case_id}/claim")
        api.post(f"/api/v1/cases/{case_id}/preliminary", _PRELIMINARY)


def _wait_for_images(api: Api, case_id: int, *, sending: Future[int], narrator: Narrator) -> None:
    expected = sum(exam.slices for exam in _IMAGES)

    def look() -> bool | None:
        row = api.get(f"/api/v1/cases/{case_id}")["row"]
        # Of two who were asked, only who claimed the case gets what came after that.
        at_one = any(images["sent"] >= expected for images in row["images"])
        return (row["complete"] and row["instance_count"] == expected and at_one) or None

    what = f"{MAIN.slices} slices, an angiography and its maps join; the centre's node gets them"
    with narrator.step(what):
        sent = sending.result()
        if sent != expected:
            msg = f"the modalities sent {expected} images, but {sent} were acknowledged"
            raise StepMissed(msg)
        wait_for("the complete case, here and at the centre", look, within_s=DELIVERED_WITHIN_S)


def _pass_by(
    stage: Stage, cast: _Cast, *, identity: StudyIdentity, narrator: Narrator
) -> list[Milestone]:
    with narrator.step("a phantom and a prior come beside it, and ring nobody"):
        sent = send_bystanders(stage, identity=identity)
        return [check_silence(cast.coordinator, each) for each in sent]


def _read_timeline(
    cast: _Cast, case_id: int, *, request_id: int, studies: _Studies
) -> list[Milestone]:
    api = cast.coordinator
    case = api.get(f"/api/v1/cases/{case_id}")
    joined = _find_study(case, studies.angiography)
    if joined is None:
        msg = f"case {case_id} does not hold the angiography"
        raise StepMissed(msg)
    facts = Facts(
        request=api.get(f"/api/v1/requests/{request_id}"),
        first_image_at=case["row"]["first_image_at"],
        joined_study_id=joined,
    )
    return read_milestones(api.get(f"/api/v1/cases/{case_id}/timeline"), facts=facts)
