"""What stays on the lists when the night was played, for whoever looks around afterwards."""

from app.demo.gcs.shapes import SiteData
from app.demo.gcs.sites import SITES
from app.demo.images.exams import LATE
from app.demo.images.identity import PatientData, StudyIdentity, draw_identity
from app.demo.play.api import Api, wait_for
from app.demo.play.orders import Order, login_of, submit, validate
from app.demo.play.stage import SEEN_WITHIN_S, Stage

_UNDECIDED = Order(
    priority="P2",
    question="Appendicite ? Abcès ?",
    context="Douleur de la fosse iliaque droite depuis la veille, 38,6 °C, CRP 142 mg/L.",
    region="Abdomen et pelvis",
    exam="Scanner abdomino-pelvien injecté",
    requester="Dr Anselme Courtevoie, urgences",
)
_AWAITED = Order(
    priority="P2",
    question="Embolie pulmonaire ?",
    context="Dyspnée brutale, D-dimères à 2 400 µg/L, onzième jour d'une prothèse de hanche.",
    region="Thorax",
    exam="Angioscanner thoracique",
    requester="Dr Bertille Sauvagnac, urgences",
    protocol="Angioscanner pulmonaire, 60 mL à 4 mL/s, déclenchement sur le tronc pulmonaire.",
)
_CARE_OF = (
    (_UNDECIDED, "SALINE", PatientData(name="Bellevigne^Lucie", birth_date="19990304", sex="F")),
    (_AWAITED, "AMBRE", PatientData(name="Tournepiche^Armel", birth_date="19520921", sex="M")),
)


def leave_requests(stage: Stage, coordinator: Api, *, reader: Api) -> None:
    """Leave one request that waits for a decision, and one that waits for its images.

    Those of an earlier demo on the same data folder are enough.
    """
    standing = coordinator.get("/api/v1/requests", state="requested", limit=200)["items"]
    if standing:
        return
    for order, key, patient in _CARE_OF:
        site = next(each for each in SITES if each.key == key)
        request_id = _ask(stage, order, site=site, patient=patient)
        if order.protocol:
            validate(reader, request_id, protocol=order.protocol)


def _ask(stage: Stage, order: Order, *, site: SiteData, patient: PatientData) -> int:
    identity = draw_identity(
        patient=patient,
        description=order.exam,
        institution=site.name,
        station=f"{site.key}_CT1",
        acquired_at=stage.acquired_at,
    )
    hospital = stage.sign_in(login_of(site))
    request_id = submit(hospital, order, identity=identity, call_back=site.telephone_emergency)
    hospital.close()
    return request_id


def leave_late_images(
    stage: Stage, coordinator: Api, *, case_id: int, identity: StudyIdentity
) -> None:
    """Send a reconstruction of a study that is signed, and wait until somebody is told."""
    stage.send(LATE, identity=identity)

    def look() -> bool | None:
        tasks = coordinator.get("/api/v1/tasks", case_id=case_id)
        return any(each["kind"] == "late_images" for each in tasks) or None

    wait_for("a task about the images that came late", look, within_s=SEEN_WITHIN_S)
