"""What comes beside the case and is none: a phantom and a prior, which ring nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.demo.images.exams import PHANTOM, PRIOR, Exam
from app.demo.images.identity import StudyIdentity
from app.demo.play.api import Api, StepMissed, wait_for
from app.demo.play.milestones import Milestone
from app.demo.play.stage import SEEN_WITHIN_S, Stage

_AGE = timedelta(days=3 * 365)
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Bystander:
    """A study that must ring nobody."""

    exam: Exam
    identity: StudyIdentity
    intake_class: str
    """What the platform must take it for."""


def send_bystanders(stage: Stage, *, identity: StudyIdentity) -> tuple[Bystander, ...]:
    """Send the phantom of another hospital, and a prior of the patient whose case is followed."""
    made_at = stage.acquired_at - _AGE
    prior = identity.draw_next(description=PRIOR.description, acquired_at=made_at)
    phantom = PHANTOM.draw_identity(acquired_at=stage.acquired_at)
    sent = (Bystander(PHANTOM, phantom, "test"), Bystander(PRIOR, prior, "prior"))
    for each in sent:
        stage.send(each.exam, identity=each.identity)
    return sent


def check_silence(coordinator: Api, bystander: Bystander) -> Milestone:
    """Check that a study is listed as no case, and that no case and no task knows of it.

    Raises
    ------
    StepMissed
        If it is not listed, is taken for something else, or has rung.
    """
    uid = bystander.identity.study_instance_uid
    study = wait_for(
        f"the {bystander.intake_class} in the list of what is no case",
        lambda: _find_listed(coordinator, uid),
        within_s=SEEN_WITHIN_S,
    )
    if study["intake_class"] != bystander.intake_class:
        msg = f"study {study['id']} is no {bystander.intake_class}: {study['intake_reason']}"
        raise StepMissed(msg)
    _check_no_case(coordinator, study)
    _check_no_task(coordinator, study)
    instant = datetime.fromisoformat(study["first_image_at"])
    return Milestone(bystander.exam.name, instant, by=f"{bystander.intake_class}, rang nobody")


def _find_listed(api: Api, study_instance_uid: str) -> Mapping[str, Any] | None:
    listed: list[dict[str, Any]] = api.get("/api/v1/studies", no_case="true", limit=_PAGE)["items"]
    for study in listed:
        if study["study_instance_uid"] == study_instance_uid and study["intake_class"]:
            return study
    return None


def _check_no_case(api: Api, study: Mapping[str, Any]) -> None:
    worklist = api.get("/api/v1/worklist", site_id=study["site_id"])
    for row in [*worklist["to_read"], *worklist["to_deliver"]]:
        case = api.get(f"/api/v1/cases/{row['case_id']}")
        if study["study_instance_uid"] in {each["study_instance_uid"] for each in case["studies"]}:
            msg = f"study {study['id']} is no case, and case {row['case_id']} holds it"
            raise StepMissed(msg)


def _check_no_task(api: Api, study: Mapping[str, Any]) -> None:
    tasks = api.get("/api/v1/tasks", site_id=study["site_id"])
    told = [each["task_id"] for each in tasks if each["detail"].get("study") == study["id"]]
    if told:
        msg = f"study {study['id']} is no case, and task {told[0]} rings for it"
        raise StepMissed(msg)
