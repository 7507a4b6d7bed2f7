import pytest

from app.intake.domain.paper import Looks, is_paper

CT = "1.2.840.10008.5.1.4.1.1.2"
CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


@pytest.mark.parametrize(
    "sop_class_uid",
    [
        "1.2.840.10008.5.1.4.1.1.88.11",  # basic text SR
        "1.2.840.10008.5.1.4.1.1.88.33",  # comprehensive SR
        "1.2.840.10008.5.1.4.1.1.88.59",  # key object selection
        "1.2.840.10008.5.1.4.1.1.88.67",  # X-ray radiation dose SR
        "1.2.840.10008.5.1.4.1.1.11.1",  # grayscale softcopy presentation state
        "1.2.840.10008.5.1.4.1.1.104.1",  # encapsulated PDF
        "1.2.840.10008.5.1.4.1.1.66",  # raw data
    ],
)
def test_reports_states_and_documents_are_paper(sop_class_uid: str) -> None:
    assert is_paper(Looks(sop_class_uid=sop_class_uid))


@pytest.mark.parametrize("modality", ["SR", "KO", "PR", "DOC", "REG", "sr "])
def test_a_modality_of_paper_makes_paper_of_any_class(modality: str) -> None:
    assert is_paper(Looks(sop_class_uid=CAPTURE, modality=modality))


def test_a_scanned_document_is_paper() -> None:
    assert is_paper(Looks(sop_class_uid=CAPTURE, modality="OT", conversion_type="SD"))


@pytest.mark.parametrize(
    "series_description",
    [
        "Dose Report",
        "DOSE_REPORT",
        "Patient Protocol",
        "Dose Info",
        "Rapport de dose",
        "Dosimétrie",
        "DOSE",
        "Ordonnance",
        "Demande d'examen",
        "Documents scannés",
    ],
)
def test_dose_sheets_and_requests_are_paper_by_their_words(series_description: str) -> None:
    page = Looks(
        sop_class_uid=CAPTURE,
        modality="CT",
        image_type="DERIVED\\SECONDARY\\SCREEN SAVE",
        series_description=series_description,
    )

    assert is_paper(page)


def test_a_protocol_page_with_the_class_of_a_ct_image_is_paper() -> None:
    assert is_paper(
        Looks(sop_class_uid=CT, modality="CT", image_type="DERIVED\\SECONDARY\\OTHER\\CT_SOM5 PROT")
    )


@pytest.mark.parametrize(
    "looks",
    [
        Looks(sop_class_uid=CT, modality="CT", image_type="ORIGINAL\\PRIMARY\\AXIAL"),
        Looks(sop_class_uid=CT, modality="CT", series_description="Dose Report"),
        Looks(
            sop_class_uid=CT,
            modality="CT",
            image_type="ORIGINAL\\PRIMARY\\AXIAL",
            series_description="DOSE",
        ),
        Looks(
            sop_class_uid=CT,
            image_type="DERIVED\\PRIMARY\\AXIAL",
            series_description="THORAX LOW DOSE",
        ),
        Looks(
            sop_class_uid=CAPTURE,
            modality="CT",
            image_type="DERIVED\\SECONDARY\\SCREEN SAVE",
            series_description="CBF",
        ),
        Looks(sop_class_uid=CAPTURE, modality="OT", conversion_type="WSD"),
        Looks(sop_class_uid="1.2.3.4", modality=""),
        Looks(sop_class_uid="1.2.840.10008.5.1.4.1.1.77.1.4", series_description="DOSE"),
    ],
)
def test_images_maps_and_what_nobody_knows_are_images(looks: Looks) -> None:
    assert not is_paper(looks)
