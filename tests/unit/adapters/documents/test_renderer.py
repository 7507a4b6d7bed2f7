"""The documents of a report are valid, complete and always the same bytes."""

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread

from app.adapters.documents.renderer import TypstDicomRenderer
from app.reports.domain.document import (
    Chapters,
    Language,
    ReceivedStudy,
    ReportDocument,
    Twin,
)
from app.requests.domain.states import RequestState
from tests.factories.judge import find_errors
from tests.factories.reports import (
    make_addendum,
    make_document,
    make_received_study,
    make_request_summary,
    make_signer,
    make_uids,
    make_withdrawal,
)

RENDERER = TypstDicomRenderer()

TEXTS = st.one_of(
    st.text(max_size=120),
    st.sampled_from(
        (
            "",
            "œdème, cœur, 20 °C, 3 µm, « guillemets », l’artère — 5 €",
            "#set page(width: 1pt)\n*gras* $x^2$ `code` //comment <label> @ref \\ end",
            "ligne 1\r\nligne 2\rligne 3\n\n\nligne 4\x0bfin\x00\x1b[31m",
            "脑部CT 未见出血 نزيف",
            "mot " * 3000,
        )
    ),
)
NAMES = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        ("", "^", "LÉVÊQUE^Zoé^^Mme", "Yamada^Tarou=山田^太郎=やまだ^たろう", "a" * 300)
    ),
)
# Identifiers go back as they came, so that only those within the length of their VR can be valid.
SHORT_IDS = st.text(max_size=16).filter(lambda text: len(text.encode(errors="replace")) <= 16)
LONG_IDS = st.text(max_size=64).filter(lambda text: len(text.encode(errors="replace")) <= 64)
DAYS = st.sampled_from(
    (
        "",
        "19610714",
        "19611332",
        "00000000",
        "1961",
        "14/07/1961",
        "1961.07.14",
        "20230229",
        "٢٠٢٣٠١٠١",
    )
)
RECEIVED = st.builds(
    ReceivedStudy,
    study_instance_uid=st.just("2.25.1001"),
    character_set=st.sampled_from(
        ("", "ISO_IR 100", "ISO_IR 6", "ISO_IR 192", "ISO 2022 IR 6\\ISO 2022 IR 87", "nonsense")
    ),
    patient_name=NAMES,
    patient_id=LONG_IDS,
    issuer_of_patient_id=LONG_IDS,
    patient_birth_date=DAYS,
    patient_sex=st.sampled_from(("", "F", "M", "O", "W", "female", "?")),
    study_id=SHORT_IDS,
    study_date=DAYS,
    study_time=st.sampled_from(("", "231512.5", "2315", "256000", "23:15:12", "noon", "235960")),
    study_description=st.text(max_size=100),
    accession_number=SHORT_IDS,
    referring_physician_name=NAMES,
    series=st.sampled_from(((), make_received_study().series)),
)
DOCUMENTS = st.builds(
    make_document,
    study=RECEIVED,
    language=st.sampled_from(Language),
    site=st.text(max_size=90),
    society=st.text(max_size=90),
    signer=st.builds(make_signer, family_name=NAMES, given_name=st.text(max_size=30)),
    chapters=st.builds(
        Chapters, indication=TEXTS, technique=TEXTS, dose=TEXTS, findings=TEXTS, conclusion=TEXTS
    ),
    requests=st.lists(
        st.builds(
            make_request_summary,
            question=TEXTS,
            requester=st.text(max_size=60),
            state=st.sampled_from(RequestState),
            pregnancy=st.sampled_from(("yes", "no", "unknown", "not_applicable", "?")),
        ),
        max_size=2,
    ).map(tuple),
    twins=st.sampled_from(((), (Twin("2.25.1001", make_uids(7)), Twin("2.25.2001", make_uids(8))))),
)


def _read(file: bytes) -> Dataset:
    return dcmread(BytesIO(file))


def _walk_texts(dataset: Dataset) -> list[str]:
    texts = []
    for item in dataset.get("ContentSequence", []):
        if "TextValue" in item:
            texts.append(str(item.TextValue))
        texts += _walk_texts(item)
    return texts


@given(document=DOCUMENTS, addendum=st.none() | TEXTS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_input_makes_an_invalid_document(
    document: ReportDocument, addendum: str | None, tmp_path: Path
) -> None:
    version = document if addendum is None else make_addendum(document, text=addendum)

    rendered = RENDERER.render(version)

    assert find_errors(rendered.sr, folder=tmp_path) == []
    assert find_errors(rendered.encapsulated_pdf, folder=tmp_path) == []
    assert rendered.pdf.startswith(b"%PDF-")


@given(document=DOCUMENTS, reason=TEXTS)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_input_makes_an_invalid_withdrawal(
    document: ReportDocument, reason: str, tmp_path: Path
) -> None:
    rendered = RENDERER.render(make_withdrawal(document, reason=reason))

    assert find_errors(rendered.sr, folder=tmp_path) == []
    assert find_errors(rendered.encapsulated_pdf, folder=tmp_path) == []


@given(document=DOCUMENTS)
@settings(max_examples=15, deadline=None)
def test_the_same_input_gives_the_same_bytes(document: ReportDocument) -> None:
    first = RENDERER.render(document)
    second = TypstDicomRenderer().render(document)

    assert first == second


def test_a_study_with_nothing_but_its_uid_gets_valid_documents(tmp_path: Path) -> None:
    rendered = RENDERER.render(make_document(study=ReceivedStudy(study_instance_uid="2.25.7")))

    assert find_errors(rendered.sr, folder=tmp_path) == []
    assert find_errors(rendered.encapsulated_pdf, folder=tmp_path) == []


@pytest.mark.parametrize("form", ("sr", "encapsulated_pdf"))
def test_patient_and_study_go_back_as_they_came(form: str) -> None:
    received = make_received_study()

    dataset = _read(getattr(RENDERER.render(make_document()), form))

    assert dataset.StudyInstanceUID == received.study_instance_uid
    assert dataset.SpecificCharacterSet == "ISO_IR 100"
    assert str(dataset.PatientName) == received.patient_name
    assert dataset.PatientID == received.patient_id
    assert dataset.PatientBirthDate == received.patient_birth_date
    assert dataset.PatientSex == received.patient_sex
    assert dataset.StudyID == received.study_id
    assert dataset.StudyDate == received.study_date
    assert dataset.StudyTime == received.study_time
    assert dataset.StudyDescription == received.study_description
    assert dataset.AccessionNumber == received.accession_number
    assert str(dataset.ReferringPhysicianName) == received.referring_physician_name
    assert dataset.SeriesInstanceUID not in {
        series.series_instance_uid for series in received.series
    }


def test_the_structured_report_says_who_signed_what_and_when() -> None:
    dataset = _read(RENDERER.render(make_document()).sr)

    observer = dataset.VerifyingObserverSequence[0]
    assert (dataset.CompletionFlag, dataset.VerificationFlag) == ("COMPLETE", "VERIFIED")
    assert str(observer.VerifyingObserverName) == "Durand^Hélène"
    assert observer.VerifyingObserverIdentificationCodeSequence[0].CodeValue == "10001234568"
    assert observer.VerificationDateTime == "20261122004005+0100"
    assert (dataset.ContentDate, dataset.ContentTime) == ("20261122", "004005")
    assert "Occlusion M1 gauche." in _walk_texts(dataset)
    assert (
        "Pas de saignement.\r\nHyperdensité de l'artère cérébrale moyenne gauche."
        in _walk_texts(dataset)
    )


def test_the_structured_report_names_every_image_that_was_read() -> None:
    dataset = _read(RENDERER.render(make_document()).sr)

    evidence = dataset.CurrentRequestedProcedureEvidenceSequence[0]
    referred = [
        (series.SeriesInstanceUID, instance.ReferencedSOPInstanceUID)
        for series in evidence.ReferencedSeriesSequence
        for instance in series.ReferencedSOPSequence
    ]
    assert evidence.StudyInstanceUID == "2.25.1001"
    assert referred == [("2.25.1002", "2.25.1003"), ("2.25.1004", "2.25.1005")]


def test_an_addendum_carries_the_report_and_names_its_predecessor() -> None:
    report = make_document()
    second = make_addendum(report, text="Petite plage de sang.")

    dataset = _read(RENDERER.render(second).sr)

    predecessor = dataset.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
    referred = predecessor.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
    assert referred == report.uids.sr_sop_instance_uid
    assert dataset.SOPInstanceUID != report.uids.sr_sop_instance_uid
    assert "Petite plage de sang." in _walk_texts(dataset)
    assert "Occlusion M1 gauche." in _walk_texts(dataset)


def test_the_encapsulated_page_is_the_page() -> None:
    rendered = RENDERER.render(make_document())

    dataset = _read(rendered.encapsulated_pdf)

    length = dataset.EncapsulatedDocumentLength
    assert dataset.EncapsulatedDocument[:length] == rendered.pdf
    assert dataset.MIMETypeOfEncapsulatedDocument == "application/pdf"


def test_text_beyond_the_received_character_set_is_written_in_unicode() -> None:
    chapters = Chapters(conclusion="œdème de 5 €")

    dataset = _read(RENDERER.render(make_document(chapters=chapters)).sr)

    assert dataset.SpecificCharacterSet == "ISO_IR 192"
    assert str(dataset.PatientName) == "LÉVÊQUE^Zoé"
    assert "œdème de 5 €" in _walk_texts(dataset)


def test_a_wrong_birth_date_stays_out_of_the_objects() -> None:
    study = make_received_study(patient_birth_date="19611332")

    dataset = _read(RENDERER.render(make_document(study=study)).sr)

    assert dataset.PatientBirthDate == ""


def test_a_withdrawal_says_so_in_its_heading_why_and_of_which_report(tmp_path: Path) -> None:
    report = make_document(requests=(make_request_summary(),))
    rendered = RENDERER.render(make_withdrawal(report, reason="Images d'un autre patient."))

    sr, pdf = _read(rendered.sr), _read(rendered.encapsulated_pdf)
    texts = " ".join(_walk_texts(sr))
    (predecessor,) = sr.PredecessorDocumentsSequence[0].ReferencedSeriesSequence
    assert find_errors(rendered.sr, folder=tmp_path) == []
    assert (sr.SeriesDescription, pdf.SeriesDescription) == (
        "Report withdrawn",
        "Report withdrawn (PDF)",
    )
    assert sr.CompletionFlagDescription == pdf.DocumentTitle == "Compte rendu annulé"
    assert (sr.CompletionFlag, sr.VerificationFlag) == ("COMPLETE", "VERIFIED")
    assert "Dr Hélène Durand" in texts
    assert "22/11/2026 00:40 (version 1)" in texts
    assert "Images d'un autre patient." in texts
    assert "Occlusion M1 gauche." not in texts
    assert predecessor.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == (
        report.uids.sr_sop_instance_uid
    )


def test_the_same_report_for_another_study_or_accession_is_named_as_its_twin() -> None:
    twins = (Twin("2.25.1001", make_uids(7)), Twin("2.25.2001", make_uids(8)))

    dataset = _read(RENDERER.render(make_document(twins=twins)).sr)

    referred = [
        (item.StudyInstanceUID, series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)
        for item in dataset.IdenticalDocumentsSequence
        for series in item.ReferencedSeriesSequence
    ]
    assert referred == [(twin.study_instance_uid, twin.uids.sr_sop_instance_uid) for twin in twins]


def test_the_report_carries_what_was_asked_and_what_was_decided() -> None:
    document = make_document(requests=(make_request_summary(),))

    _society, asked, *_ = _walk_texts(_read(RENDERER.render(document).sr))

    assert asked.split("\r\n") == [
        "Question posée: Hémorragie ?",
        "Contexte: Chute sous anticoagulant.",
        "Examen: Scanner cérébral · Crâne",
        "Demandé par: Dr Martin",
        "Allergie: aucune connue",
        "Fonction rénale: DFG 74",
        "Grossesse: non",
        "Protocole: Sans injection.",
        "Validée par: Hélène Durand · 21/11/2026 23:40",
    ]


def test_a_request_that_nobody_decided_is_not_said_to_be_validated() -> None:
    request = make_request_summary(
        state=RequestState.REQUESTED, decided_at=None, decided_by_name="", protocol=""
    )

    _society, text, *_ = _walk_texts(_read(RENDERER.render(make_document(requests=(request,))).sr))

    assert text.endswith("Validée par: Sans validation avant l'examen")


def test_the_dose_stands_in_a_section_of_its_own() -> None:
    chapters = Chapters(dose="PDL 812 mGy.cm", conclusion="Normal.")

    dataset = _read(RENDERER.render(make_document(chapters=chapters)).sr)

    (section,) = [
        item
        for item in dataset.ContentSequence
        if item.ConceptNameCodeSequence[0].CodeValue == "73569-6"
    ]
    assert section.ContentSequence[0].TextValue == "PDL 812 mGy.cm"
