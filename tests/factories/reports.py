"""Report documents for tests; nobody real."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.reports.domain.document import (
    AddendumText,
    Chapters,
    DocumentKind,
    DocumentUids,
    InstanceReference,
    Language,
    ReceivedStudy,
    ReportDocument,
    SeriesReference,
    Signer,
    Withdrawal,
)
from app.requests.domain.states import RequestState
from app.requests.domain.summary import RequestSummary

SIGNED_AT = datetime(2026, 11, 21, 23, 40, 5, tzinfo=UTC)
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"


def make_received_study(**overrides: Any) -> ReceivedStudy:
    received = ReceivedStudy(
        study_instance_uid="2.25.1001",
        character_set="ISO_IR 100",
        patient_name="LÉVÊQUE^Zoé",
        patient_id="P-0042",
        patient_birth_date="19610714",
        patient_sex="F",
        study_id="77",
        study_date="20261121",
        study_time="231512.5",
        study_description="Scanner cérébral sans injection",
        accession_number="A0042",
        referring_physician_name="MARTIN^Paul",
        series=(
            SeriesReference("2.25.1002", (InstanceReference(CT_IMAGE, "2.25.1003"),)),
            SeriesReference("2.25.1004", (InstanceReference(CT_IMAGE, "2.25.1005"),)),
        ),
    )
    return replace(received, **overrides)


def make_signer(**overrides: Any) -> Signer:
    return replace(
        Signer(family_name="Durand", given_name="Hélène", rpps="10001234568"), **overrides
    )


def make_uids(version: int = 1) -> DocumentUids:
    return DocumentUids(*(f"2.25.77{version}0{form}" for form in range(1, 5)))


def make_document(**overrides: Any) -> ReportDocument:
    document = ReportDocument(
        study=make_received_study(),
        kind=DocumentKind.REPORT,
        version=1,
        language=Language.FRENCH,
        time_zone="Europe/Paris",
        site="CH de l'Exemple",
        society="Radiologie de l'Exemple",
        signer=make_signer(),
        signed_at=SIGNED_AT,
        chapters=Chapters(
            indication="Déficit droit brutal.",
            technique="Acquisition sans injection.",
            findings="Pas de saignement.\nHyperdensité de l'artère cérébrale moyenne gauche.",
            conclusion="Occlusion M1 gauche.",
        ),
        uids=make_uids(),
    )
    return replace(document, **overrides)


def make_addendum(document: ReportDocument, *, text: str) -> ReportDocument:
    """Make the next version of a document, two hours later."""
    signed_at = document.signed_at + timedelta(hours=2)
    return replace(
        document,
        kind=DocumentKind.ADDENDUM,
        version=document.version + 1,
        signed_at=signed_at,
        addenda=(*document.addenda, AddendumText(text, document.signer, signed_at)),
        predecessors=(*document.predecessors, document.uids),
        uids=make_uids(document.version + 1),
    )


def make_withdrawal(document: ReportDocument, *, reason: str) -> ReportDocument:
    """Make the withdrawal of a document, an hour later."""
    signed_at = document.signed_at + timedelta(hours=1)
    return replace(
        document,
        kind=DocumentKind.WITHDRAWAL,
        version=document.version + 1,
        signed_at=signed_at,
        chapters=Chapters(),
        addenda=(),
        withdrawal=Withdrawal(
            reason=reason,
            version=document.version - len(document.addenda),
            signer=document.signer,
            signed_at=document.signed_at,
        ),
        predecessors=(*document.predecessors, document.uids),
        uids=make_uids(document.version + 1),
    )


def make_request_summary(**overrides: Any) -> RequestSummary:
    summary = RequestSummary(
        request_id=1,
        site_id=1,
        state=RequestState.VALIDATED,
        priority="P2",
        family_name="LÉVÊQUE",
        given_name="Zoé",
        birth_date=date(1961, 7, 14),
        sex="F",
        patient_id="P-0042",
        accession_number="A0042",
        question="Hémorragie ?",
        context="Chute sous anticoagulant.",
        region="Crâne",
        exam="Scanner cérébral",
        allergy="aucune connue",
        renal_function="DFG 74",
        pregnancy="no",
        requester="Dr Martin",
        call_back_number="+33559000015",
        patient_informed=True,
        expected_count=None,
        requested_at=SIGNED_AT - timedelta(hours=2),
        requested_by_name="Urgences",
        decided_at=SIGNED_AT - timedelta(hours=1),
        decided_by_name="Hélène Durand",
        protocol="Sans injection.",
        exam_instead="",
        reason="",
        version=1,
        open_question="",
        images_at=None,
    )
    return replace(summary, **overrides)
