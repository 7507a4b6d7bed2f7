"""How the case ends: a signature, the hospital's copies, and a person who has read the report."""

from collections.abc import Sequence

from app.demo.images.identity import StudyIdentity
from app.demo.play.api import Api, StepMissed, wait_for
from app.demo.play.narrator import Narrator
from app.demo.play.received import (
    HospitalCopy,
    check_at_centre,
    check_copy,
    check_pdf,
    find_copy,
)
from app.demo.play.stage import DELIVERED_WITHIN_S, Stage

REPORT = {
    "indication": "Traumatisme crânien après une chute, patiente sous anticoagulant.",
    "technique": (
        "Acquisition hélicoïdale de l'encéphale sans injection, 300 coupes. Angioscanner des"
        " troncs supra-aortiques, cartographies de perfusion."
    ),
    "findings": (
        "Collection biconvexe spontanément hyperdense de la convexité pariétale droite, contre la"
        " table interne. Effet de masse modéré sur le ventricule latéral droit, sans engagement."
        " Pas de lésion osseuse visible sur ces coupes. Pas de dissection, pas de fuite active."
    ),
    "conclusion": "Hématome extradural pariétal droit. Avis neurochirurgical demandé en urgence.",
}


def write_and_sign(api: Api, case_id: int, *, narrator: Narrator) -> None:
    """Look at the images, write the report and sign it."""
    path = f"/api/v1/cases/{case_id}"
    with narrator.step("the images are looked at, the report is written and signed"):
        shown = {"instance_count": api.get(path)["row"]["instance_count"]}
        api.post(f"{path}/images-seen", shown)
        draft = api.put(f"{path}/report", {**REPORT, "draft_number": 0})
        signed = api.post(f"{path}/report/sign", {**shown, "draft_number": draft["draft_number"]})
    # It may be at the hospital before the answer is here.
    if signed["state"] not in {"signed", "delivered"}:
        msg = f"case {case_id} is {signed['state']} after its signature"
        raise StepMissed(msg)


def wait_for_copies(
    stage: Stage,
    api: Api,
    case_id: int,
    *,
    identities: Sequence[StudyIdentity],
    narrator: Narrator,
) -> tuple[HospitalCopy, ...]:
    """Wait until the hospital's node holds the report once for each study, and check all copies."""

    def look() -> list[HospitalCopy] | None:
        if api.get(f"/api/v1/cases/{case_id}")["row"]["state"] != "delivered":
            return None
        found = [
            find_copy(stage.hospital.folder, study_instance_uid=each.study_instance_uid)
            for each in identities
        ]
        whole = [copy for copy in found if copy is not None]
        return whole if len(whole) == len(found) else None

    with narrator.step("the hospital's node receives the report of each study as SR and PDF"):
        copies = wait_for("the hospital's copies", look, within_s=DELIVERED_WITHIN_S)
        site_id = api.get(f"/api/v1/cases/{case_id}")["site"]["site_id"]
        prefix = api.get(f"/api/v1/sites/{site_id}")["prefix"]
        for copy, identity in zip(copies, identities, strict=True):
            check_copy(copy, identity=identity, conclusion=REPORT["conclusion"])
            check_at_centre(stage.centre.folder, identity=identity, prefix=prefix)
    return tuple(copies)


def read_at_hospital(hospital: Api, case_id: int, *, narrator: Narrator) -> None:
    """Let the hospital's user read the report of each study, and say so."""
    path = f"/api/v1/cases/{case_id}"
    with narrator.step("the emergency room reads the report on its page, and says so"):
        number = hospital.get(f"{path}/report")["versions"][-1]["number"]
        for study in hospital.get(path)["studies"]:
            study_id = study["study_id"]
            pdf = hospital.download(f"{path}/report/{number}/pdf", study_id=study_id)
            check_pdf(pdf, where=f"the hospital's page, study {study_id} of case {case_id}")
        state = hospital.post(f"{path}/acknowledge-result")["state"]
    if state != "acknowledged":
        msg = f"case {case_id} is {state} after the hospital has read its report"
        raise StepMissed(msg)
