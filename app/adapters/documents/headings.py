"""The fixed words of the documents, in the languages of the sites."""

from dataclasses import dataclass

from app.reports.domain.document import Language


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
