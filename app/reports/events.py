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
    added_document_ids: tuple[int, ...] = ()
    """Pages behind the first, which nobody could know before: they go where the first goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWithdrawn:
    """A withdrawal was signed; its documents are to be rendered and delivered as the report was."""

    case_id: int
    version_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsReissued:
    """The documents of the last version are made anew; they are to be rendered and delivered."""

    case_id: int
    version_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalFound:
    """A critical finding was noted: somebody at the site is to be called."""

    case_id: int
    finding_id: int
    task_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLogged:
    """A telephone call was logged.

    Parameters
    ----------
    reached
        Whether somebody at the site was told.
    confirmed
        Whether it confirmed a critical finding; of two such calls, the first does.
    preliminary_id
        The first result that it told, if it told one.
    """

    case_id: int
    call_id: int
    reached: bool
    confirmed: bool
    preliminary_id: int | None
