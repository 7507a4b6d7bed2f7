"""Requests: written by a hospital's user, decided by a radiologist on guard, over HTTP."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.demo.gcs.radiologists import RADIOLOGISTS
from app.demo.gcs.shapes import RadiologistData, SiteData
from app.demo.images.identity import StudyIdentity
from app.demo.play.api import Api, StepMissed


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a hospital asks for."""

    priority: str
    question: str
    context: str
    region: str
    exam: str
    requester: str
    protocol: str = ""
    """What the radiologist answers."""


HEAD_INJURY = Order(
    priority="P1",
    question="Hémorragie intracrânienne ? Indication neurochirurgicale ?",
    context=(
        "Chute dans l'escalier à 20 h, perte de connaissance brève, apixaban. Glasgow 13,"
        " vomissements."
    ),
    region="Encéphale",
    exam="Scanner cérébral, angioscanner et perfusion",
    requester="Dr Odile Vacheresse, urgences",
    protocol=(
        "Hélice sans injection de la base au vertex, puis angioscanner des troncs supra-aortiques"
        " et perfusion. Appeler dès la fin de l'acquisition."
    ),
)


def login_of(site: SiteData) -> str:
    """Return the login of a hospital's emergency room."""
    return f"urgences.{site.key.lower()}"


def find_own_site(hospital: Api) -> int:
    """Return the site that a hospital's user acts for."""
    return next(int(each["site_id"]) for each in hospital.get("/api/v1/me")["grants"])


def submit(hospital: Api, order: Order, *, identity: StudyIdentity, call_back: str) -> int:
    """Send a request, twice as an impatient browser would; there is one all the same.

    Raises
    ------
    StepMissed
        If two were made of it.
    """
    body = _write(order, identity=identity) | {
        "site_id": find_own_site(hospital),
        "call_back_number": call_back,
    }
    key = secrets.token_urlsafe(16)
    made = {
        int(hospital.post("/api/v1/requests", body, submission_key=key)["request_id"])
        for _ in range(2)
    }
    if len(made) > 1:
        msg = f"one request, sent twice under one key, was made twice: {sorted(made)}"
        raise StepMissed(msg)
    return made.pop()


def _write(order: Order, *, identity: StudyIdentity) -> dict[str, Any]:
    patient = identity.patient
    born = datetime.strptime(patient.birth_date, "%Y%m%d").date()  # noqa: DTZ007 - a date
    return {
        "family_name": patient.family_name,
        "given_name": patient.given_name,
        "birth_date": date.isoformat(born),
        "sex": patient.sex,
        "patient_id": identity.patient_id,
        "accession_number": identity.accession_number,
        "priority": order.priority,
        "question": order.question,
        "context": order.context,
        "region": order.region,
        "exam": order.exam,
        "allergy": "Aucune connue",
        "renal_function": "DFG 68 mL/min",
        "pregnancy": "not_applicable",
        "requester": order.requester,
        "patient_informed": True,
    }


def validate(reader: Api, request_id: int, *, protocol: str) -> None:
    """Accept a request with a protocol.

    Raises
    ------
    StepMissed
        If it does not stand as validated.
    """
    path = f"/api/v1/requests/{request_id}"
    version = reader.get(path)["version"]
    body = {"version": version, "kind": "validated", "protocol": protocol}
    decided = reader.post(f"{path}/decision", body)
    if decided["state"] != "validated":
        msg = f"request {request_id} is {decided['state']} after its validation"
        raise StepMissed(msg)


def find_on_guard(api: Api) -> RadiologistData:
    """Find who is on guard, the first line first.

    Raises
    ------
    StepMissed
        If nobody is.
    """
    for radiologist_id in list_on_guard(api):
        return find_radiologist(api, radiologist_id)
    msg = "nobody is on guard"
    raise StepMissed(msg)


def list_on_guard(api: Api) -> list[int]:
    """List who is on guard on any line, the first line first."""
    on_call = api.get("/api/v1/on-call")
    seats = [*on_call["first_line"], *on_call["backup"], *on_call["coordinators"]]
    return [seat["reader"]["radiologist_id"] for seat in seats if seat["reader"] is not None]


def find_radiologist(api: Api, radiologist_id: int) -> RadiologistData:
    """Find a radiologist of the platform in the data set."""
    rpps = api.get(f"/api/v1/radiologists/{radiologist_id}")["rpps"]
    return next(each for each in RADIOLOGISTS if each.rpps == rpps)
