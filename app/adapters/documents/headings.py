"""The fixed words of the documents, in the languages of the sites."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.reports.domain.document import DocumentKind, Language, ReportDocument


@dataclass(frozen=True, slots=True)
class Headings:
    """Every fixed word of a document in one language."""

    title: str
    indication: str
    technique: str
    findings: str
    conclusion: str
    addendum: str
    addendum_of: str
    withdrawn: str
    withdrawn_of: str
    reason: str
    dose: str
    function: str
    equipment: str
    request: str
    question: str
    requester: str
    context: str
    wished: str
    protocol: str
    decided_by: str
    not_decided: str
    allergy: str
    renal_function: str
    pregnancy: str
    attachment: str
    not_shown: str
    more_pages: str
    patient: str
    birth_date: str
    sex: str
    patient_id: str
    exam: str
    exam_date: str
    accession: str
    referrer: str
    requested_by: str
    read_by: str
    signed: str
    version: str
    page: str
    no_text: str


HEADINGS = {
    Language.FRENCH: Headings(
        title="Compte rendu d'imagerie",
        indication="Indication",
        technique="Technique",
        findings="Résultats",
        conclusion="Conclusion",
        addendum="Addendum",
        addendum_of="Compte rendu d'imagerie avec addendum",
        withdrawn="Compte rendu annulé",
        withdrawn_of="Le compte rendu signé par {name} le {moment} (version {version}) est annulé."
        " Ne plus en tenir compte.",
        reason="Motif",
        dose="Dose",
        function="Médecin radiologue",
        equipment="Appareil",
        request="Demande",
        question="Question posée",
        requester="Demandé par",
        context="Contexte",
        wished="Examen",
        protocol="Protocole",
        decided_by="Validée par",
        not_decided="Sans validation avant l'examen",
        allergy="Allergie",
        renal_function="Fonction rénale",
        pregnancy="Grossesse",
        attachment="Pièce jointe",
        not_shown="Cette pièce jointe n'a pas pu être affichée.",
        more_pages="La suite de cette pièce jointe n'est pas reproduite ici.",
        patient="Patient",
        birth_date="Né(e) le",
        sex="Sexe",
        patient_id="Identifiant",
        exam="Examen",
        exam_date="Date de l'examen",
        accession="Numéro de demande",
        referrer="Demandeur",
        requested_by="Établissement",
        read_by="Interprété par",
        signed="Signé électroniquement par",
        version="Version",
        page="Page",
        no_text="Aucun texte.",
    ),
    Language.ENGLISH: Headings(
        title="Imaging report",
        indication="Indication",
        technique="Technique",
        findings="Findings",
        conclusion="Conclusion",
        addendum="Addendum",
        addendum_of="Imaging report with addendum",
        withdrawn="Report withdrawn",
        withdrawn_of="The report signed by {name} on {moment} (version {version}) is withdrawn."
        " Take no more account of it.",
        reason="Reason",
        dose="Dose",
        function="Radiologist",
        equipment="Equipment",
        request="Request",
        question="Question",
        requester="Requested by",
        context="Context",
        wished="Exam",
        protocol="Protocol",
        decided_by="Validated by",
        not_decided="Not validated before the exam",
        allergy="Allergy",
        renal_function="Renal function",
        pregnancy="Pregnancy",
        attachment="Attachment",
        not_shown="This attachment could not be shown.",
        more_pages="The rest of this attachment is not reproduced here.",
        patient="Patient",
        birth_date="Born on",
        sex="Sex",
        patient_id="Identifier",
        exam="Exam",
        exam_date="Exam date",
        accession="Accession number",
        referrer="Requested by",
        requested_by="Hospital",
        read_by="Read by",
        signed="Signed electronically by",
        version="Version",
        page="Page",
        no_text="No text.",
    ),
}

PREGNANCIES: Mapping[Language, Mapping[str, str]] = {
    Language.FRENCH: {"yes": "oui", "no": "non", "unknown": "inconnue"},
    Language.ENGLISH: {"yes": "yes", "no": "no", "unknown": "unknown"},
}
"""What a request says of a pregnancy; where it does not apply, it is left out."""


def find_title(document: ReportDocument) -> str:
    """Give the title of a document: what it is, in the words of its language."""
    words = HEADINGS[document.language]
    titles = {
        DocumentKind.REPORT: words.title,
        DocumentKind.ADDENDUM: words.addendum_of,
        DocumentKind.WITHDRAWAL: words.withdrawn,
    }
    return titles[document.kind]
