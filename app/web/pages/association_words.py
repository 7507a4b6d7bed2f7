"""The log of associations in the words of who has a PACS engineer on the telephone."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from app.intake.domain.arrival import (
    EXPIRED_CERTIFICATE,
    GATEWAY_ENDED,
    GATEWAY_STOPS,
    LET_IN,
    MALFORMED,
    SILENT,
    STALLED,
    TAKES_NO_ANSWER,
    UNKNOWN_CALLING,
)
from app.intake.domain.negotiated import WhyRefused
from app.web.pages.texts import N_, Texts
from app.web.pages.words import name

OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "open": N_("open"),
        "released": N_("ended well"),
        "aborted": N_("aborted by the sender"),
        "lost": N_("connection lost"),
        "refused": N_("refused"),
    }
)
"""In the order of the filter."""

MARKS: Mapping[str, str] = MappingProxyType(
    {
        UNKNOWN_CALLING: N_("unknown title, taken in by its address"),
        LET_IN: N_("let in for some hours"),
        EXPIRED_CERTIFICATE: N_("expired certificate"),
    }
)

REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "called_ae_title_unknown": N_("the called AE title is not ours"),
        "calling_ae_title_unknown": N_("nobody is registered under the calling AE title"),
        "address_not_of_this_sender": N_("the title is known, but not from this address"),
        "several_senders_match": N_("several senders could be meant"),
        "certificate_of_no_sender": N_("the client certificate is no sender's"),
        "certificate_of_another_sender": N_("the client certificate is another sender's"),
        "certificate_expired": N_("the client certificate has expired"),
        "certificate_not_yet_valid": N_("the client certificate is not valid yet"),
        "tls_certificate_not_trusted": N_("no authority that we trust signed the certificate"),
        "tls_without_certificate": N_("it showed no client certificate"),
        "tls_our_certificate_not_trusted": N_("it does not trust our certificate"),
        "tls_nothing_in_common": N_("it has no version or suite of TLS in common with us"),
        "tls_not_spoken": N_("it did not speak TLS on the port for TLS"),
        "too_many_associations": N_("the gateway has too many associations"),
        "too_many_associations_of_the_sender": N_("the sender has too many associations"),
        "no_room": N_("no room on the disk"),
        "no_senders_known_yet": N_("the gateway knew no sender yet"),
        "protocol_version_not_supported": N_("it speaks another version of DICOM's protocol"),
        "application_context_not_supported": N_("it named another application context"),
        "request_malformed": N_("its request for an association cannot be read"),
        "fault_of_the_gateway": N_("fault of the gateway"),
    }
)

ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "called_ae_title_unknown": N_(
            "The modality called %(called)s. Set its called AE title to one of %(titles)s."
        ),
        "calling_ae_title_unknown": N_(
            "Nobody is registered as %(calling)s at %(address)s: register the title with its "
            "sender, let it in for 12 hours, or correct the calling AE title of the modality."
        ),
        "address_not_of_this_sender": N_(
            "%(calling)s is registered with other addresses. Add %(address)s to its sender if the "
            "machine has moved; else another machine uses its title."
        ),
        "several_senders_match": N_(
            "%(calling)s at %(address)s could be several senders: give each of them addresses or "
            "an AE title of its own."
        ),
        "certificate_of_no_sender": N_(
            "Add the name of the certificate, %(certificate)s, to its sender, or install the "
            "sender's own certificate on the modality."
        ),
        "certificate_of_another_sender": N_(
            "The certificate %(certificate)s belongs to another sender than %(calling)s: install "
            "the right one on the modality, or add its name to this sender."
        ),
        "certificate_expired": N_(
            "The certificate %(certificate)s has expired, and the days of grace are over: issue a "
            "new one and install it on the modality."
        ),
        "certificate_not_yet_valid": N_(
            "The certificate %(certificate)s becomes valid later: check the clock of this host and "
            "the dates of the certificate."
        ),
        "tls_certificate_not_trusted": N_(
            "Add the authority that signed the certificate of %(address)s to the file of "
            "authorities, or install a certificate that `astreinte tls sender` made."
        ),
        "tls_without_certificate": N_(
            "Install a client certificate on the modality at %(address)s, and let it show it: TLS "
            "with mutual authentication."
        ),
        "tls_our_certificate_not_trusted": N_(
            "Import the authority of our certificate at %(address)s, and check by which name the "
            "modality calls us."
        ),
        "tls_nothing_in_common": N_(
            "The peer at %(address)s must speak TLS 1.2 or 1.3 with the suites of BCP 195 "
            "(ECDHE with AES-GCM)."
        ),
        "tls_not_spoken": N_("Switch TLS on at %(address)s, or let it call the port without TLS."),
        "too_many_associations": N_(
            "All associations that the gateway takes at once were open: look which sender holds so "
            "many, or raise ASTREINTE_DICOM_ASSOCIATIONS. The modality may try again."
        ),
        "too_many_associations_of_the_sender": N_(
            "This sender had as many associations open as it may: let the modality reuse or close "
            "them, or raise the limit of the sender. It may try again."
        ),
        "no_room": N_(
            "The disk of the platform is full up to its reserve: make room. The modality may try "
            "again afterwards; nothing that was acknowledged is lost."
        ),
        "no_senders_known_yet": N_(
            "The gateway had never read the senders from the database: check that it reaches it. "
            "The modality may try again."
        ),
        "protocol_version_not_supported": N_(
            "What calls from %(address)s does not speak DICOM as it should: ask its vendor."
        ),
        "application_context_not_supported": N_(
            "What calls from %(address)s does not speak DICOM as it should: ask its vendor."
        ),
        "request_malformed": N_(
            "What calls from %(address)s does not speak DICOM as it should: ask its vendor."
        ),
        "fault_of_the_gateway": N_(
            "The fault is ours, not the modality's: its try is in the log of the gateway at this "
            "instant. It may try again."
        ),
    }
)
"""What to do about each refusal; a test wants all that the gateway knows."""
_ELSE = N_("The reason is not one that this page knows: look into the log of the gateway.")

CONTEXTS: Mapping[str, str] = MappingProxyType(
    {
        WhyRefused.COMMITMENT_OFF: N_(
            "storage commitment is off for the site, or the sender has no node for the answer"
        ),
        WhyRefused.NO_SUCH_SERVICE: N_("not a service of this port"),
        WhyRefused.CLASS_NOT_TAKEN: N_("the class is not on this sender's list"),
        WhyRefused.SYNTAX_NOT_TAKEN: N_("no transfer syntax is on this sender's list"),
        WhyRefused.SYNTAX_UNKNOWN: N_("none of its transfer syntaxes was taken"),
    }
)
"""Why a presentation context was refused."""

# PS3.7 annex C and PS3.4 §B.2.3, as `dicom_gateway.statuses` gives them.
STATUSES: Mapping[int, str] = MappingProxyType(
    {
        0x0106: N_("a value was not valid"),
        0x0110: N_("processing failure: look into the log of the gateway"),
        0x0111: N_("announced twice"),
        0x0112: N_("no such instance"),
        0x0117: N_("the SOP Instance UID has not the form of one"),
        0x0118: N_("no such class"),
        0x0120: N_("an attribute is missing"),
        0x0122: N_("SOP class not taken in this association"),
        0x0123: N_("no such action"),
        0x0124: N_("not allowed"),
        0x0211: N_("an operation that we do not offer"),
        0x0212: N_("a command that breaks the standard"),
        0x0213: N_("no room, or too large"),
        0xA700: N_("no room on the disk"),
        0xA900: N_("the UIDs of the image are not those that were announced"),
        0xC000: N_("the image cannot be understood: a UID is missing or wrong"),
    }
)
ENDS: Mapping[str, str] = MappingProxyType(
    {
        GATEWAY_ENDED: N_(
            "The gateway was stopped while it was open: images are counted from what was stored."
        ),
        STALLED: N_("It stopped in the middle of a message: look at its network."),
        SILENT: N_("It held the association open and said nothing more."),
        TAKES_NO_ANSWER: N_("It did not take our answers: look at its network."),
        MALFORMED: N_("It sent what is not DICOM: ask its vendor."),
        GATEWAY_STOPS: N_("The gateway was stopped: what was not acknowledged comes again."),
    }
)
"""Why an association ended that its peer did not end."""

ECHOES: Mapping[str, str] = MappingProxyType(
    {
        "accepted": N_("It answers, and knows us."),
        "busy": N_("It answers, and is too busy now."),
        "refused": N_("It answers, and refuses the echo."),
        "no_context": N_("It answers, and does not offer the echo."),
        "rejected": N_(
            "It rejects the association: register our AE title, %(ours)s, there, and check its own."
        ),
        "unreachable": N_(
            "It cannot be reached: check address, port, firewall, TLS, and whether it is "
            "switched on."
        ),
        "broken": N_("It took the call and broke off: check whether it wants TLS, or does not."),
        "unreadable": N_("We could not ask."),
    }
)
"""What became of a C-ECHO to a node, by outcome; a test wants all of them."""


def say_refusal(reason: str | None, *, texts: Texts) -> str:
    """Say in a few words why an association was refused."""
    message = REFUSALS.get(reason or "")
    return (reason or "?") if message is None else texts.gettext(message)


def advise(reason: str | None, *, texts: Texts, values: Mapping[str, object]) -> str:
    """Say what to do about a refusal.

    Parameters
    ----------
    values
        `calling`, `called`, `address`, `certificate`, and `titles`: those that we answer to.
    """
    return texts.gettext(ADVICE.get(reason or "", _ELSE)) % values


def say_status(status: int, *, texts: Texts) -> str:
    """Say what the status of an answer means."""
    message = STATUSES.get(status)
    return "?" if message is None else texts.gettext(message)


def say_reason(reason: str | None, *, texts: Texts) -> str:
    """Say why the gateway ended an association itself, beside the statuses of its instances."""
    first = (reason or "").partition(",")[0]
    return texts.gettext(ENDS[first]) if first in ENDS else ""


def make_filters(texts: Texts) -> dict[str, Callable[..., str]]:
    """Make the filters of the templates, in one language."""
    return {
        "association_outcome": lambda value: name(value, OUTCOMES, texts=texts),
        "association_mark": lambda value: name(value, MARKS, texts=texts),
        "refusal": lambda value: say_refusal(value, texts=texts),
        "context_reason": lambda value: name(value, CONTEXTS, texts=texts),
        "status": lambda value: say_status(value, texts=texts),
    }
