"""What happens to reports, for those downstream."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PreliminaryGiven:
    """A first result was told before the report."""

    case_id: int
    preliminary_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSigned:
    """A report was signed; its documents are to be rendered and delivered."""

    case_id: int
    version_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddendumSigned:
    """An addendum was signed; its documents are to be rendered and delivered."""

    case_id: int
    version_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsRendered:
    """The documents of one version for one study lie in the store, ready to be sent."""

    case_id: int
    version_id: int
    study_id: int
