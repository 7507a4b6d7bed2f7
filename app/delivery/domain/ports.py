"""What delivery needs from outside."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.cases.domain.grouping import is_dummy
from app.delivery.domain.mail import Mail
from app.delivery.domain.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Destination:
    """A DICOM node that receives.

    Attributes
    ----------
    ae_title
        1 to 16 characters, called by us.
    host
        Name or address.
    port
        1 to 65535.
    tls
        Is it called over TLS?
    """

    ae_title: str
    host: str
    port: int
    tls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """How the identifiers of a site are made unique on the way to a centre's node.

    Attributes
    ----------
    prefix
        Of the site: before Patient ID, its issuer and Accession Number.
    domain_id
        Who issued the UIDs.
    study_instance_uid
        Of the study that the file is of, as the site gave it.
    dummies
        Patient IDs that name nobody; the empty one never needs to be named.
    own_uids
        Those of the study, its series and instances, when another domain had the same study first:
        each is replaced by a derived one wherever it stands. Empty: UIDs stay.
    """

    prefix: str
    domain_id: int
    study_instance_uid: str
    dummies: frozenset[str] = frozenset()
    own_uids: frozenset[str] = frozenset()

    def names_nobody(self, patient_id: str) -> bool:
        """Tell whether a Patient ID would make one patient of many."""
        return is_dummy(patient_id, dummies=self.dummies)


@dataclass(frozen=True, slots=True)
class FileToSend:
    """A complete DICOM file (PS3.10), sent without a change of its dataset but the rewriting."""

    sop_instance_uid: str
    path: Path
    rewriting: Rewriting | None = None


@dataclass(frozen=True, slots=True)
class SendResult:
    """What became of one file.

    Attributes
    ----------
    status
        The status the peer gave (PS3.7 annex C), or nothing when it gave none.
    detail
        For a person; free of patient data.
    """

    sop_instance_uid: str
    outcome: Outcome
    status: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class MailResult:
    """What became of a mail.

    Attributes
    ----------
    detail
        What the server said, for a person; servers repeat the mailbox in it.
    code
        Of its answer (RFC 5321 §4.2), if it gave one that refuses.
    """

    outcome: Outcome
    detail: str = ""
    code: int | None = None


class MailSender(Protocol):
    """Sends mails by the server of the group."""

    async def send(self, mail: Mail) -> MailResult:
        """Send one mail.

        Never raises for what the server or the network does: that is an outcome.
        """
        ...


class DicomPeers(Protocol):
    """Sends files to a DICOM node."""

    def store(
        self, files: Sequence[FileToSend], *, to: Destination
    ) -> AsyncGenerator[SendResult, None]:
        """Send files over one association, and yield one result for each, in their order.

        Never raises for what the peer or the network does: that is an outcome. A stop of the
        iteration (`aclose`) ends the association.
        """
        ...

    async def echo(self, *, to: Destination) -> SendResult:
        """Ask a node whether it is there (C-ECHO); the result carries no SOP Instance UID."""
        ...
