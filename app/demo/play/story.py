"""The main job: from the first image to the hospital's copy of the report.

Every step is done by its real actor, through the interface that it has in a hospital: modalities
and nodes speak DICOM, the radiologist and the coordinator speak HTTP.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.demo.gcs.radiologists import RADIOLOGISTS
from app.demo.gcs.shapes import RadiologistData
from app.demo.gcs.users import COORDINATOR
from app.demo.images.exams import FLOW, MAIN, Exam, iterate_images, kinds_in
from app.demo.images.identity import StudyIdentity
from app.demo.peers.modality import Push, push
from app.demo.peers.node import ReceivingNode
from app.demo.platform import Platform
from app.demo.play.api import Api, StepMissed, wait_for
from app.demo.play.milestones import Milestone, name_missing, read_milestones
from app.demo.play.narrator import Narrator
from app.demo.play.received import HospitalCopy, check_copy, find_copy

REPORT = {
    "indication": "Traumatisme crânien après une chute, patiente sous anticoagulant.",
    "technique": "Acquisition hélicoïdale de l'encéphale sans injection, 300 coupes.",
    "findings": (
        "Collection biconvexe spontanément hyperdense de la convexité pariétale droite, contre la"
        " table interne. Effet de masse modéré sur le ventricule latéral droit, sans engagement."
        " Pas de lésion osseuse visible sur ces coupes."
    ),
    "conclusion": "Hématome extradural pariétal droit. Avis neurochirurgical demandé en urgence.",
}
_PRELIMINARY = {
    "text": "Hématome extradural pariétal droit, à transférer sans attendre le compte rendu.",
    "told_to": "Dr Vacheresse, urgences",
    "means": "telephone",
}
_SEEN_WITHIN_S = 60.0
_DELIVERED_WITHIN_S = 120.0


@dataclass(frozen=True, slots=True)
class Ending:
    """What was seen when the job was done."""

    case_id: int
    radiologist: RadiologistData
    milestones: list[Milestone]
    copy: HospitalCopy


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where the job is played."""

    platform: Platform
    called_ae_title: str
    password: str
    hospital: ReceivingNode
    centre: ReceivingNode
    acquired_at: datetime

    def sign_in(self, login: str) -> Api:
        """Sign in to the platform as somebody."""
        return Api.sign_in(self.platform.url, login=login, password=self.password)

    def send(self, exam: Exam, *, identity: StudyIdentity) -> int:
        """Push an exam; returns how many images were acknowledged."""
        title = f"{self.called_ae_title}_P1" if exam.urgent else self.called_ae_title
        to = Push(
            calling_ae_title=exam.ae_title,
            called_ae_title=title,
            gateway=self.platform.gateway,
        )
        images = iterate_images(exam, identity=identity)
        return sum(1 for _ in push(images, kinds=kinds_in(exam), to=to))


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
    identity = MAIN.draw_identity(acquired_at=stage.acquired_at)
    coordinator = stage.sign_in(COORDINATOR.login)
    with ThreadPoolExecutor(1, thread_name_prefix="demo-modality") as pool:
        sending = pool.submit(stage.send, MAIN, identity=identity)
        with narrator.step("the case appears and is offered to who is on guard"):
            case_id = wait_for(
                "the case of the study",
                lambda: _find_case(coordinator, identity),
                within_s=_SEEN_WITHIN_S,
            )
            radiologist = _find_nominee(coordinator, case_id)
        reader = stage.sign_in(radiologist.login)
        _take(reader, case_id, name=radiologist.family_name, narrator=narrator)
        _wait_for_images(coordinator, case_id, sending=sending, narrator=narrator)
    _write_and_sign(reader, case_id, narrator=narrator)
    copy = _wait_for_copy(stage, coordinator, case_id, identity=identity, narrator=narrator)
    milestones = _read_timeline(coordinator, case_id)
    reader.close()
    coordinator.close()
    missing = name_missing(milestones)
    if missing:
        msg = f"case {case_id} has no trace of: {', '.join(missing)}"
        raise StepMissed(msg)
    return Ending(case_id, radiologist, milestones, copy)


def _find_case(api: Api, identity: StudyIdentity) -> int | None:
    worklist = api.get("/api/v1/worklist")
    for row in worklist["to_read"]:
        if row["patient_birth_date"] != identity.patient.birth_date:
            continue
        case = api.get(f"/api/v1/cases/{row['case_id']}")
        uids = {study["study_instance_uid"] for study in case["studies"]}
        if identity.study_instance_uid in uids:
            return int(row["case_id"])
    return None


def _find_nominee(api: Api, case_id: int) -> RadiologistData:
    def look() -> list[int] | None:
        row = api.get(f"/api/v1/cases/{case_id}")["row"]
        return [nominee["radiologist_id"] for nominee in row["nominees"]] or None

    nominees = wait_for("a nomination", look, within_s=_SEEN_WITHIN_S)
    on_guard = _list_on_guard(api)
    chosen = next((each for each in nominees if each in on_guard), None)
    if chosen is None:
        msg = f"case {case_id} is offered to radiologists {nominees}, of whom nobody is on guard"
        raise StepMissed(msg)
    rpps = api.get(f"/api/v1/radiologists/{chosen}")["rpps"]
    return next(each for each in RADIOLOGISTS if each.rpps == rpps)


def _list_on_guard(api: Api) -> set[int]:
    on_call = api.get("/api/v1/on-call")
    seats = [*on_call["first_line"], *on_call["backup"]]
    return {seat["reader"]["radiologist_id"] for seat in seats if seat["reader"] is not None}


def _take(api: Api, case_id: int, *, name: str, narrator: Narrator) -> None:
    with narrator.step(f"Dr {name} acknowledges, claims, and telephones a first result"):
        api.post(f"/api/v1/cases/{case_id}/acknowledge")
        api.post(f"/api/v1/cases/{case_id}/claim")
        api.post(f"/api/v1/cases/{case_id}/preliminary", _PRELIMINARY)


def _wait_for_images(api: Api, case_id: int, *, sending: Future[int], narrator: Narrator) -> None:
    def look() -> bool | None:
        row = api.get(f"/api/v1/cases/{case_id}")["row"]
        arrived = sum(images["sent"] for images in row["images"])
        return (row["complete"] and arrived >= row["instance_count"]) or None

    with narrator.step(f"the modality sends {MAIN.slices} slices, the centre's node gets them too"):
        sent = sending.result()
        wait_for("the complete study, here and at the centre", look, within_s=_DELIVERED_WITHIN_S)
    if sent != MAIN.slices:
        msg = f"the modality sent {MAIN.slices} slices, but {sent} were acknowledged"
        raise StepMissed(msg)


def _write_and_sign(api: Api, case_id: int, *, narrator: Narrator) -> None:
    path = f"/api/v1/cases/{case_id}"
    with narrator.step("the images are looked at, the report is written and signed"):
        shown = {"instance_count": api.get(path)["row"]["instance_count"]}
        api.post(f"{path}/images-seen", shown)
        draft = api.put(f"{path}/report", {**REPORT, "draft_number": 0})
        signed = api.post(f"{path}/report/sign", {**shown, "draft_number": draft["draft_number"]})
    if signed["state"] != "signed":
        msg = f"case {case_id} is {signed['state']} after its signature"
        raise StepMissed(msg)


def _wait_for_copy(
    stage: Stage, api: Api, case_id: int, *, identity: StudyIdentity, narrator: Narrator
) -> HospitalCopy:
    def look() -> HospitalCopy | None:
        if api.get(f"/api/v1/cases/{case_id}")["row"]["state"] != "delivered":
            return None
        return find_copy(stage.hospital.folder, study_instance_uid=identity.study_instance_uid)

    with narrator.step("the hospital's node receives the report as SR and PDF"):
        copy = wait_for("the hospital's copy of the report", look, within_s=_DELIVERED_WITHIN_S)
        check_copy(copy, identity=identity, conclusion=REPORT["conclusion"])
    return copy


def _read_timeline(api: Api, case_id: int) -> list[Milestone]:
    first_image_at = api.get(f"/api/v1/cases/{case_id}")["row"]["first_image_at"]
    entries = api.get(f"/api/v1/cases/{case_id}/timeline")
    return read_milestones(entries, first_image_at=datetime.fromisoformat(first_image_at))


def count_files(folder: Path) -> int:
    """Count the files that a node has received."""
    return sum(1 for _ in folder.glob("*.dcm"))
