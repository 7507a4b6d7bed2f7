"""The report as a DICOM Basic Text SR (PS3.3 §A.35.1), by template 2000 of PS3.16."""

from zoneinfo import ZoneInfo

from pydicom.dataset import Dataset
from pydicom.uid import BasicTextSRStorage

from app.adapters.documents.asked import write_requests
from app.adapters.documents.attributes import (
    MANUFACTURER,
    code_item,
    describe_series,
    person_name,
    put,
    put_moment,
    put_shared,
    shorten,
)
from app.adapters.documents.charset import clean_line, clean_text
from app.adapters.documents.file import write_file
from app.adapters.documents.headings import find_title
from app.adapters.documents.wording import write_withdrawal
from app.reports.domain.document import (
    AddendumText,
    DocumentUids,
    Language,
    ReportDocument,
    Signer,
    Withdrawal,
)

# (chapter, heading of CID 7001, concept of CID 7002)
_CHAPTERS = (
    (
        "indication",
        ("18785-6", "LN", "Indications for Procedure"),
        ("11329-0", "LN", "History"),
    ),
    (
        "technique",
        ("55111-9", "LN", "Current Procedure Descriptions"),
        ("121065", "DCM", "Procedure Description"),
    ),
    (
        "dose",
        ("73569-6", "LN", "Radiation Exposure and Protection Information"),
        ("121065", "DCM", "Procedure Description"),
    ),
    ("findings", ("59776-5", "LN", "Findings"), ("121071", "DCM", "Finding")),
    ("conclusion", ("55110-1", "LN", "Conclusions"), ("121077", "DCM", "Conclusion")),
)
_LANGUAGES = {
    Language.FRENCH: ("fr", "RFC5646", "French"),
    Language.ENGLISH: ("en", "RFC5646", "English"),
}
# Registers of persons have no designator in PS3.16 §8; 99 marks a private one (PS3.3 §8.2).
_REGISTER = "99RPPS"


def build_structured_report(document: ReportDocument) -> bytes:
    """Make the DICOM file of the SR of one version."""
    dataset = Dataset()
    put_shared(dataset, document)
    put(dataset, "SOPClassUID", BasicTextSRStorage)
    put(dataset, "SOPInstanceUID", document.uids.sr_sop_instance_uid)
    put(dataset, "Modality", "SR")
    put(dataset, "SeriesInstanceUID", document.uids.sr_series_instance_uid)
    put(dataset, "SeriesNumber", str(9000 + document.version))
    put(dataset, "SeriesDescription", describe_series(document, form=""))
    put(dataset, "ReferencedPerformedProcedureStepSequence", [])
    put(dataset, "InstanceNumber", str(document.version))
    for prefix in ("Series", "Content", "InstanceCreation"):
        put_moment(dataset, document, prefix=prefix)
    _put_completion(dataset, document)
    _put_references(dataset, document)
    _put_content(dataset, document)
    return write_file(dataset)


def _put_completion(dataset: Dataset, document: ReportDocument) -> None:
    # A withdrawal is complete in itself: it is the report that no longer counts.
    put(dataset, "CompletionFlag", "COMPLETE")
    if document.withdrawal is not None:
        put(dataset, "CompletionFlagDescription", find_title(document))
    put(dataset, "VerificationFlag", "VERIFIED")
    put(dataset, "PreliminaryFlag", "FINAL")
    put(dataset, "PerformedProcedureCodeSequence", [])
    observer = Dataset()
    put(observer, "VerifyingOrganization", shorten(document.society) or MANUFACTURER)
    put(observer, "VerifyingObserverName", person_name(document.signer))
    put(observer, "VerifyingObserverIdentificationCodeSequence", [_identify(document.signer)])
    local = document.signed_at.astimezone(ZoneInfo(document.time_zone))
    put(observer, "VerificationDateTime", local.strftime("%Y%m%d%H%M%S%z"))
    put(dataset, "VerifyingObserverSequence", [observer])
    scheme = Dataset()
    put(scheme, "CodingSchemeDesignator", _REGISTER)
    put(scheme, "CodingSchemeName", "RPPS")
    put(dataset, "CodingSchemeIdentificationSequence", [scheme])


def _identify(signer: Signer) -> Dataset:
    return code_item(signer.rpps, _REGISTER, f"{signer.given_name} {signer.family_name}")


def _put_references(dataset: Dataset, document: ReportDocument) -> None:
    study = document.study
    evidence = [
        (
            series.series_instance_uid,
            [(i.sop_class_uid, i.sop_instance_uid) for i in series.instances],
        )
        for series in study.series
    ]
    if evidence:
        evidence_item = _refer(study.study_instance_uid, series=evidence)
        put(dataset, "CurrentRequestedProcedureEvidenceSequence", [evidence_item])
    if document.twins:
        put(
            dataset,
            "IdenticalDocumentsSequence",
            [
                _refer(twin.study_instance_uid, series=[_refer_to_document(twin.uids)])
                for twin in document.twins
            ],
        )
    if document.predecessors:
        earlier = [_refer_to_document(uids) for uids in document.predecessors]
        put(
            dataset,
            "PredecessorDocumentsSequence",
            [_refer(study.study_instance_uid, series=earlier)],
        )


def _refer_to_document(uids: DocumentUids) -> tuple[str, list[tuple[str, str]]]:
    return (
        uids.sr_series_instance_uid,
        [(str(BasicTextSRStorage), uids.sr_sop_instance_uid)],
    )


def _refer(study_uid: str, *, series: list[tuple[str, list[tuple[str, str]]]]) -> Dataset:
    """Make an item of the Hierarchical SOP Instance Reference Macro (PS3.3 §C.17.2.1)."""
    study_item = Dataset()
    put(study_item, "StudyInstanceUID", study_uid)
    series_items = []
    for series_uid, instances in series:
        series_item = Dataset()
        put(series_item, "SeriesInstanceUID", series_uid)
        instance_items = []
        for sop_class_uid, sop_instance_uid in instances:
            instance_item = Dataset()
            put(instance_item, "ReferencedSOPClassUID", sop_class_uid)
            put(instance_item, "ReferencedSOPInstanceUID", sop_instance_uid)
            instance_items.append(instance_item)
        put(series_item, "ReferencedSOPSequence", instance_items)
        series_items.append(series_item)
    put(study_item, "ReferencedSeriesSequence", series_items)
    return study_item


def _put_content(dataset: Dataset, document: ReportDocument) -> None:
    put(dataset, "ValueType", "CONTAINER")
    put(
        dataset,
        "ConceptNameCodeSequence",
        [code_item("18748-4", "LN", "Diagnostic Imaging Report")],
    )
    put(dataset, "ContinuityOfContent", "SEPARATE")
    template = Dataset()
    put(template, "MappingResource", "DCMR")
    put(template, "TemplateIdentifier", "2000")
    put(dataset, "ContentTemplateSequence", [template])
    content = [
        _code(
            "HAS CONCEPT MOD",
            ("121049", "DCM", "Language of Content Item and Descendants"),
            _LANGUAGES[document.language],
        ),
        # The signer of the last version vouches for the whole document.
        *_observe(document.signer, society=document.society),
    ]
    content += _ask(document)
    for name, heading, concept in _CHAPTERS:
        text = clean_text(getattr(document.chapters, name))
        if text:
            content.append(_container(heading, [_text(concept, text)]))
    content += [_add(addendum) for addendum in document.addenda]
    if document.withdrawal is not None:
        content.append(_withdraw(document, document.withdrawal))
    put(dataset, "ContentSequence", content)


def _ask(document: ReportDocument) -> list[Dataset]:
    """Say what was asked before the exam, and what was decided; nothing when nothing was."""
    text = clean_text(write_requests(document))
    if not text or document.withdrawal is not None:
        return []
    return [_container(("55115-0", "LN", "Request"), [_text(("121062", "DCM", "Request"), text)])]


def _withdraw(document: ReportDocument, withdrawal: Withdrawal) -> Dataset:
    concept = ("121077", "DCM", "Conclusion")
    texts = (write_withdrawal(document, withdrawal), withdrawal.reason)
    return _container(
        ("55110-1", "LN", "Conclusions"),
        [_text(concept, clean_text(text)) for text in texts if clean_text(text)],
    )


def _add(addendum: AddendumText) -> Dataset:
    text = clean_text(addendum.text) or "-"
    return _container(
        ("55107-7", "LN", "Addendum"),
        [
            *_observe(addendum.signer, society=""),
            _text(("121071", "DCM", "Finding"), text),
        ],
    )


def _observe(signer: Signer, *, society: str) -> list[Dataset]:
    """Say who observed what follows (PS3.16 TID 1002, TID 1003)."""
    person = _item("HAS OBS CONTEXT", "PNAME", ("121008", "DCM", "Person Observer Name"))
    put(person, "PersonName", person_name(signer))
    context = [
        _code("HAS OBS CONTEXT", ("121005", "DCM", "Observer Type"), ("121006", "DCM", "Person")),
        person,
    ]
    if clean_line(society):
        concept = ("121009", "DCM", "Person Observer's Organization Name")
        organization = _item("HAS OBS CONTEXT", "TEXT", concept)
        put(organization, "TextValue", clean_line(society))
        context.append(organization)
    return context


def _container(heading: tuple[str, str, str], content: list[Dataset]) -> Dataset:
    item = _item("CONTAINS", "CONTAINER", heading)
    put(item, "ContinuityOfContent", "SEPARATE")
    put(item, "ContentSequence", content)
    return item


def _text(concept: tuple[str, str, str], text: str) -> Dataset:
    item = _item("CONTAINS", "TEXT", concept)
    put(item, "TextValue", text)
    return item


def _code(relationship: str, concept: tuple[str, str, str], value: tuple[str, str, str]) -> Dataset:
    item = _item(relationship, "CODE", concept)
    put(item, "ConceptCodeSequence", [code_item(*value)])
    return item


def _item(relationship: str, value_type: str, concept: tuple[str, str, str]) -> Dataset:
    item = Dataset()
    put(item, "RelationshipType", relationship)
    put(item, "ValueType", value_type)
    put(item, "ConceptNameCodeSequence", [code_item(*concept)])
    return item
