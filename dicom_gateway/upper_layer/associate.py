"""A-ASSOCIATE-RQ and A-ASSOCIATE-AC (PS3.8 §9.3.2, §9.3.3).

Strict where a request could be read in two ways, lenient where devices are known to differ:

- refused as malformed: an item that breaks off, is longer than what holds it or stands inside
  another that cannot hold it; a context id that is even or used twice; a context without an
  abstract syntax or with two; no context at all; a maximum length that leaves no room for data;
  hundreds of items where there can only be some;
- taken: unknown items and sub-items (skipped, PS3.8 §9.3.1); padding of UIDs by NUL or space; no
  user information, maximum length (16384 then) or implementation class UID; a transfer syntax that
  is no UID (skipped), a context without any, or with an abstract syntax that is no UID (read as
  empty; the acceptor refuses that context); no application context name, or another one, and any
  protocol version (the acceptor rejects the association); the last of two sub-items where one is
  allowed; bytes of AE titles and names that are none of ISO 646 (they become U+FFFD).
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from dicom_gateway.upper_layer.items import (
    ItemType,
    UserInformation,
    decode_text,
    decode_uid,
    encode_item,
    iterate_items,
    refuse,
)
from dicom_gateway.upper_layer.pdu import AbortReason, MalformedPdu, PduType, encode_pdu
from dicom_gateway.upper_layer.user_information import (
    UserFields,
    decode_user_information,
    encode_user_information,
)

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
PROTOCOL_VERSION = 1
"""Bit 0: the only version there is (PS3.8 §9.3.2)."""

_FIXED = struct.Struct(">HH16s16s32x")
_MOST_ITEMS = 512
_MOST_SYNTAXES = 160
"""Of one context: the standard has some sixty."""
_IMPLICIT_LITTLE = "1.2.840.10008.1.2"
_OF_REQUEST = frozenset(
    {
        int(ItemType.APPLICATION_CONTEXT),
        int(ItemType.PROPOSED_CONTEXT),
        int(ItemType.USER_INFORMATION),
    }
)
_OF_ACCEPT = _OF_REQUEST - {int(ItemType.PROPOSED_CONTEXT)} | {int(ItemType.ANSWERED_CONTEXT)}
_OF_PROPOSED = frozenset({int(ItemType.ABSTRACT_SYNTAX), int(ItemType.TRANSFER_SYNTAX)})
_OF_ANSWERED = frozenset({int(ItemType.TRANSFER_SYNTAX)})
_CONTEXT_HEAD = 4


class ContextResult(IntEnum):
    """The answer to a proposed context (PS3.8 table 9-18)."""

    ACCEPTANCE = 0
    USER_REJECTION = 1
    NO_REASON = 2
    ABSTRACT_SYNTAX_NOT_SUPPORTED = 3
    TRANSFER_SYNTAXES_NOT_SUPPORTED = 4


@dataclass(frozen=True, slots=True)
class ProposedContext:
    """A presentation context as proposed, transfer syntaxes in the requestor's order."""

    context_id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnsweredContext:
    """The answer to a proposed context.

    Parameters
    ----------
    transfer_syntax
        The chosen one; of no meaning if the context is refused.
    """

    context_id: int
    result: ContextResult
    transfer_syntax: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociateRequest(UserInformation):
    """An A-ASSOCIATE-RQ.

    Parameters
    ----------
    protocol_version
        As received; bit 0 must be set, else the association is rejected (PS3.8 §9.3.4).
    called_ae_title, calling_ae_title
        Without padding.
    application_context
        As received, empty if missing; another one than DICOM's is rejected.
    contexts
        1 to 128, their ids odd and different.
    """

    called_ae_title: str
    calling_ae_title: str
    contexts: tuple[ProposedContext, ...]
    protocol_version: int = PROTOCOL_VERSION
    application_context: str = APPLICATION_CONTEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociateAccept(UserInformation):
    """An A-ASSOCIATE-AC.

    Parameters
    ----------
    called_ae_title, calling_ae_title
        Those of the request; they are not tested (PS3.8 table 9-17).
    """

    called_ae_title: str
    calling_ae_title: str
    contexts: tuple[AnsweredContext, ...]
    protocol_version: int = PROTOCOL_VERSION
    application_context: str = APPLICATION_CONTEXT


def decode_request(body: bytes | bytearray | memoryview) -> AssociateRequest:
    """Read an A-ASSOCIATE-RQ from its body; the module tells what is taken and what is not.

    Raises
    ------
    MalformedPdu
        If it cannot be read in one way only.
    """
    data = bytes(body)
    version, called, calling = _decode_fixed(data)
    parts = _Parts(data)
    contexts: dict[int, ProposedContext] = {}
    lists: dict[bytes, tuple[str, ...]] = {}
    for kind, start, end in iterate_items(
        data, _FIXED.size, len(data), expected=_OF_REQUEST, most=_MOST_ITEMS
    ):
        if kind == ItemType.PROPOSED_CONTEXT:
            context = _decode_proposed(data, start, end, lists=lists)
            if context.context_id in contexts:
                raise refuse(f"the context id {context.context_id} is used twice")
            contexts[context.context_id] = context
        else:
            parts.read(kind, start, end)
    if not contexts:
        raise refuse("the request proposes no presentation context")
    return AssociateRequest(
        protocol_version=version,
        called_ae_title=called,
        calling_ae_title=calling,
        application_context=parts.application_context or "",
        contexts=tuple(contexts.values()),
        **(parts.user or {}),
    )


def decode_accept(body: bytes | bytearray | memoryview) -> AssociateAccept:
    """Read an A-ASSOCIATE-AC from its body.

    Raises
    ------
    MalformedPdu
        If it cannot be read in one way only.
    """
    data = bytes(body)
    version, called, calling = _decode_fixed(data)
    parts = _Parts(data)
    contexts: dict[int, AnsweredContext] = {}
    for kind, start, end in iterate_items(
        data, _FIXED.size, len(data), expected=_OF_ACCEPT, most=_MOST_ITEMS
    ):
        if kind == ItemType.ANSWERED_CONTEXT:
            context = _decode_answered(data, start, end)
            if context.context_id in contexts:
                raise refuse(f"the context id {context.context_id} is answered twice")
            contexts[context.context_id] = context
        else:
            parts.read(kind, start, end)
    return AssociateAccept(
        protocol_version=version,
        called_ae_title=called,
        calling_ae_title=calling,
        application_context=parts.application_context or "",
        contexts=tuple(contexts.values()),
        **(parts.user or {}),
    )


def encode_request(request: AssociateRequest) -> bytes:
    """Encode a whole A-ASSOCIATE-RQ.

    Raises
    ------
    ValueError
        If an AE title has more than 16 characters.
    """
    contexts = b"".join(map(_encode_proposed, request.contexts))
    return encode_pdu(PduType.ASSOCIATE_RQ, _encode_body(request, contexts=contexts))


def encode_accept(accept: AssociateAccept) -> bytes:
    """Encode a whole A-ASSOCIATE-AC.

    Raises
    ------
    ValueError
        If an AE title has more than 16 characters.
    """
    contexts = b"".join(map(_encode_answered, accept.contexts))
    return encode_pdu(PduType.ASSOCIATE_AC, _encode_body(accept, contexts=contexts))


def _decode_fixed(data: bytes) -> tuple[int, str, str]:
    if len(data) < _FIXED.size:
        raise refuse(f"the A-ASSOCIATE PDU breaks off after {len(data)} bytes")
    version, _, called, calling = _FIXED.unpack_from(data)
    return version, decode_text(called), decode_text(calling)


class _Parts:
    """The items that stand once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.application_context: str | None = None
        self.user: UserFields | None = None

    def read(self, kind: int, start: int, end: int) -> None:
        if kind == ItemType.APPLICATION_CONTEXT and self.application_context is None:
            self.application_context = decode_uid(self._data[start:end])
        elif kind == ItemType.USER_INFORMATION and self.user is None:
            self.user = decode_user_information(self._data, start, end)
        else:
            raise MalformedPdu(
                AbortReason.UNEXPECTED_PARAMETER,
                f"an item of type {kind:#04x} stands twice",
            )


def _decode_proposed(
    data: bytes, start: int, end: int, *, lists: dict[bytes, tuple[str, ...]]
) -> ProposedContext:
    if end - start < _CONTEXT_HEAD:
        raise refuse("a presentation context breaks off in its head")
    context_id, at = data[start], start + _CONTEXT_HEAD
    if context_id % 2 == 0:
        raise refuse(f"a context id is odd, not {context_id}")
    items = iterate_items(data, at, end, expected=_OF_PROPOSED, most=_MOST_SYNTAXES)
    kind, value_at, rest_at = next(items, (None, end, end))
    if kind != ItemType.ABSTRACT_SYNTAX:
        return ProposedContext(context_id, *_decode_syntaxes(data, at, end, context_id=context_id))
    # Devices propose the same transfer syntaxes for each of 128 contexts: each list is read once.
    rest = data[rest_at:end]
    if rest not in lists:
        _, lists[rest] = _decode_syntaxes(data, at, end, context_id=context_id)
    return ProposedContext(context_id, decode_uid(data[value_at:rest_at]), lists[rest])


def _decode_syntaxes(
    data: bytes, start: int, end: int, *, context_id: int
) -> tuple[str, tuple[str, ...]]:
    abstract_syntax: str | None = None
    transfer_syntaxes: list[str] = []
    for kind, at, until in iterate_items(
        data, start, end, expected=_OF_PROPOSED, most=_MOST_SYNTAXES
    ):
        if kind == ItemType.TRANSFER_SYNTAX:
            transfer_syntaxes.append(decode_uid(data[at:until]))
        elif abstract_syntax is None:
            abstract_syntax = decode_uid(data[at:until])
        else:
            raise MalformedPdu(
                AbortReason.UNEXPECTED_PARAMETER,
                f"the context {context_id} has two abstract syntaxes",
            )
    if abstract_syntax is None:
        raise refuse(f"the context {context_id} has no abstract syntax")
    return abstract_syntax, tuple(filter(None, transfer_syntaxes))


def _decode_answered(data: bytes, start: int, end: int) -> AnsweredContext:
    if end - start < _CONTEXT_HEAD:
        raise refuse("an answered presentation context breaks off in its head")
    context_id, code = data[start], data[start + 2]
    try:
        result = ContextResult(code)
    except ValueError:
        raise refuse(f"the context {context_id} has the unknown result {code}") from None
    found = [
        decode_uid(data[at:until])
        for _, at, until in iterate_items(
            data, start + _CONTEXT_HEAD, end, expected=_OF_ANSWERED, most=_MOST_SYNTAXES
        )
    ]
    if len(found) != 1 and result is ContextResult.ACCEPTANCE:
        raise refuse(f"the context {context_id} is accepted with {len(found)} transfer syntaxes")
    return AnsweredContext(context_id, result, found[0] if found else "")


def _encode_body(information: AssociateRequest | AssociateAccept, *, contexts: bytes) -> bytes:
    fixed = _FIXED.pack(
        information.protocol_version,
        0,
        _encode_title(information.called_ae_title),
        _encode_title(information.calling_ae_title),
    )
    application = information.application_context.encode()
    return b"".join(
        (
            fixed,
            encode_item(ItemType.APPLICATION_CONTEXT, application),
            contexts,
            encode_user_information(information),
        )
    )


def _encode_title(title: str) -> bytes:
    encoded = title.encode("ascii", "replace").ljust(16)
    if len(encoded) > 16:  # noqa: PLR2004 - the field of PS3.8 table 9-11
        raise ValueError(f"an AE title has 16 characters at most, not {len(title)}")
    return encoded


def _encode_proposed(context: ProposedContext) -> bytes:
    abstract = encode_item(ItemType.ABSTRACT_SYNTAX, context.abstract_syntax.encode())
    transfers = (
        encode_item(ItemType.TRANSFER_SYNTAX, each.encode()) for each in context.transfer_syntaxes
    )
    head = bytes((context.context_id, 0, 0, 0))
    return encode_item(ItemType.PROPOSED_CONTEXT, b"".join((head, abstract, *transfers)))


def _encode_answered(context: AnsweredContext) -> bytes:
    # The item has to be there even if it has no meaning (PS3.8 table 9-18).
    transfer_syntax = context.transfer_syntax or _IMPLICIT_LITTLE
    transfer = encode_item(ItemType.TRANSFER_SYNTAX, transfer_syntax.encode())
    head = bytes((context.context_id, 0, context.result, 0))
    return encode_item(ItemType.ANSWERED_CONTEXT, head + transfer)
