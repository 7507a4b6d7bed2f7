"""What the hospitals of the demo send: which exam, from which modality, of whom."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pydicom import Dataset

from app.demo.gcs.shapes import SiteData
from app.demo.gcs.sites import SITES
from app.demo.images import wheel
from app.demo.images.identity import PatientData, StudyIdentity, draw_identity
from app.demo.images.phantom import KIND, iterate_head_ct
from app.demo.images.wheel import WheelFile, read_wheel_file, tolerance
from app.kit.ids import draw_uid

_SITES = {site.key: site for site in SITES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """One exam; with no files of the wheel, a generated head CT of that many slices."""

    name: str
    """Of its folder, when it is laid down as files."""
    site: str
    modality: str
    """Ending of the sender's AE title."""
    description: str
    patient: PatientData
    files: tuple[WheelFile, ...] = ()
    slices: int = 0
    series: str = "ENCEPHALE"
    """What the generated series is called."""
    is_derived: bool = False
    """Was the series computed on a workstation?"""
    suffix: str = ""
    """Behind the called AE title: `_P1` means P1, `_ANT` a prior."""

    @property
    def ae_title(self) -> str:
        """AE title of the modality that sends it."""
        return f"{self.site}_{self.modality}"

    @property
    def site_data(self) -> SiteData:
        """The hospital where it was made."""
        return _SITES[self.site]

    def draw_identity(self, *, acquired_at: datetime) -> StudyIdentity:
        """Draw the identifiers of a new study of this kind."""
        return draw_identity(
            patient=self.patient,
            description=self.description,
            institution=self.site_data.name,
            station=self.ae_title,
            acquired_at=acquired_at,
        )


def iterate_images(exam: Exam, *, identity: StudyIdentity) -> Iterator[Dataset]:
    """Build the images of an exam one after the other."""
    if not exam.files:
        yield from iterate_head_ct(
            identity, slices=exam.slices, series=exam.series, is_derived=exam.is_derived
        )
    series_instance_uid = draw_uid()
    for number, file in enumerate(exam.files, start=1):
        image = read_wheel_file(file)
        with tolerance():
            identity.stamp(image, series_instance_uid=series_instance_uid, number=number)
        yield image


def kinds_in(exam: Exam) -> set[tuple[str, str]]:
    """Return the pairs of SOP class and transfer syntax of an exam's images."""
    if not exam.files:
        return {KIND}
    images = [read_wheel_file(file) for file in exam.files]
    return {(image.SOPClassUID, image.file_meta.TransferSyntaxUID) for image in images}


MAIN = Exam(
    name="scanner-cerebral",
    site="VALLON",
    modality="CT1",
    description="SCANNER CEREBRAL TRAUMATISME CRANIEN",
    patient=PatientData(name="Fontbrune^Adèle", birth_date="19510203", sex="F"),
    slices=300,
    suffix="_P1",
)
"""The exam that the demo follows from its request to the report that the hospital has read."""

ANGIOGRAPHY = Exam(
    name="angioscanner",
    site="VALLON",
    modality="CT1",
    description="ANGIOSCANNER DES TRONCS SUPRA-AORTIQUES",
    patient=MAIN.patient,
    slices=60,
    series="TSA ARTERIEL",
    suffix="_P1",
)
"""A study of its own, with its own accession number, that answers the same question."""

MAPS = Exam(
    name="cartographie",
    site="VALLON",
    modality="AW1",
    description=ANGIOGRAPHY.description,
    patient=MAIN.patient,
    slices=12,
    series="CARTOGRAPHIE DE PERFUSION",
    is_derived=True,
    suffix="_P1",
)
"""Perfusion maps: more images of the angiography's study, from a workstation."""

LATE = Exam(
    name="reconstruction",
    site="VALLON",
    modality="AW1",
    description=ANGIOGRAPHY.description,
    patient=MAIN.patient,
    slices=2,
    series="RECONSTRUCTION MIP",
    is_derived=True,
    suffix="_P1",
)
"""Comes when the report is signed already."""

PRIOR = Exam(
    name="prior",
    site="VALLON",
    modality="CT1",
    description="SCANNER CEREBRAL",
    patient=MAIN.patient,
    files=(wheel.CT_UNCOMPRESSED,),
    suffix="_ANT",
)
"""Of the same patient, some years ago, to the destination for priors."""

PHANTOM = Exam(
    name="phantom",
    site="CORREZE",
    modality="CT1",
    description="CONTROLE QUALITE",
    patient=PatientData(
        name="CONTROLE QUALITE^FANTOME", birth_date="", sex="", patient_id="QC0001"
    ),
    files=(wheel.CT_UNCOMPRESSED,),
)
"""What a technician sends in the morning to see whether the scanner is well."""

FLOW = (
    Exam(
        name="scanner-thorax",
        site="AMBRE",
        modality="CT1",
        description="SCANNER THORACIQUE",
        patient=PatientData(name="Castelvieil^Honoré", birth_date="19480917", sex="M"),
        files=(wheel.CT_UNCOMPRESSED,),
    ),
    Exam(
        name="scanner-cerebral-j2k",
        site="SALINE",
        modality="CT2",
        description="SCANNER CEREBRAL CEPHALEE BRUTALE",
        patient=PatientData(name="Maraisière^Bérénice", birth_date="19831105", sex="F"),
        files=(wheel.CT_JPEG_2000, wheel.CT_JPEG_2000_LOSSLESS),
    ),
    Exam(
        name="irm-hepatique",
        site="GAVE",
        modality="MR1",
        description="IRM HEPATIQUE",
        patient=PatientData(name="Larroudé^Étienne", birth_date="19660428", sex="M"),
        files=(wheel.MR_UNCOMPRESSED,),
    ),
    Exam(
        name="irm-genou",
        site="HERONS",
        modality="MR1",
        description="IRM DU GENOU",
        patient=PatientData(name="Boutinet^Léonie", birth_date="20020714", sex="F"),
        files=(
            wheel.MR_IMPLICIT,
            wheel.MR_BIG_ENDIAN,
            wheel.MR_RLE,
            wheel.MR_JPEG_LS,
            wheel.MR_JPEG_2000,
        ),
    ),
    Exam(
        name="echographie-abdominale",
        site="TOURBEUIL",
        modality="US1",
        description="ECHOGRAPHIE ABDOMINALE",
        patient=PatientData(name="Puyrenier^Gaston", birth_date="19390130", sex="M"),
        files=(wheel.US_UNCOMPRESSED, wheel.US_JPEG_2000, wheel.US_PALETTE),
    ),
    Exam(
        name="echographie-cardiaque",
        site="DUNE",
        modality="US1",
        description="ECHOGRAPHIE CARDIAQUE",
        patient=PatientData(name="Hossegrain^Maya", birth_date="19910622", sex="F"),
        files=(wheel.US_MULTI_FRAME,),
    ),
    Exam(
        name="scintigraphie",
        site="VALLON",
        modality="NM1",
        description="SCINTIGRAPHIE OSSEUSE",
        patient=PatientData(name="Charbonnel^René", birth_date="19550811", sex="M"),
        files=(wheel.NM_JPEG, wheel.NM_JPEG_2000),
    ),
    Exam(
        name="captures",
        site="PIERRE",
        modality="CR1",
        description="CLICHES NUMERISES DE LA MAIN",
        patient=PatientData(name="Vouneuil^Suzanne", birth_date="20110309", sex="F"),
        files=(wheel.SC_RLE_MULTI_FRAME, wheel.SC_JPEG_LOSSLESS, wheel.SC_JPEG),
    ),
)
"""Sent before it, so that the worklist is not empty."""

SPARE = Exam(
    name="scanner-cerebral",
    site="CORMORAN",
    modality="CT1",
    description="SCANNER CEREBRAL CHUTE SOUS ANTICOAGULANT",
    patient=PatientData(name="Rochecourbe^Émile", birth_date="19370518", sex="M"),
    slices=40,
)
"""Laid down as files for whoever wants to push one more."""
