"""What a hospital asks for."""

from datetime import date
from typing import Any

from app.requests.domain.content import Pregnancy, RequestContent, RequestPriority, Sex

CONTENT = RequestContent(
    family_name="DUPONT",
    given_name="Jeanne",
    birth_date=date(1950, 1, 1),
    sex=Sex.FEMALE,
    patient_id="PID-1",
    accession_number="A-1",
    priority=RequestPriority.P1,
    question="Hémorragie cérébrale ?",
    context="Chute, Glasgow 12",
    region="Crâne",
    exam="Scanner cérébral sans injection",
    allergy="",
    renal_function="",
    pregnancy=Pregnancy.NOT_APPLICABLE,
    requester="Dr Roux, urgences",
    call_back_number="05 53 00 00 00",
    patient_informed=True,
    expected_count=None,
)


def write_body(site_id: int, **changes: Any) -> dict[str, Any]:
    """Write the same content as a program sends it."""
    return {
        "site_id": site_id,
        "family_name": "DUPONT",
        "given_name": "Jeanne",
        "birth_date": "1950-01-01",
        "sex": "F",
        "patient_id": "PID-1",
        "accession_number": "A-1",
        "priority": "P1",
        "question": "Hémorragie cérébrale ?",
        "context": "Chute, Glasgow 12",
        "region": "Crâne",
        "exam": "Scanner cérébral sans injection",
        "pregnancy": "not_applicable",
        "requester": "Dr Roux, urgences",
        "call_back_number": "05 53 00 00 00",
        "patient_informed": True,
    } | changes
