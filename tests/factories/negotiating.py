"""Associations that Hypothesis makes, and the same ones as pynetdicom reads and writes them."""

from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import strategies as st
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    AsynchronousOperationsWindowNegotiation,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
    SOPClassCommonExtendedNegotiation,
    SOPClassExtendedNegotiation,
    UserIdentityNegotiation,
)
from pynetdicom.presentation import PresentationContext

from dicom_gateway.upper_layer.associate import (
    AnsweredContext,
    AssociateAccept,
    AssociateRequest,
    ContextResult,
    ProposedContext,
)
from dicom_gateway.upper_layer.items import (
    AsynchronousOperationsWindow,
    CommonExtendedNegotiation,
    ExtendedNegotiation,
    RoleSelection,
    UserIdentity,
    UserIdentityKind,
    UserInformation,
)

U16 = st.integers(0, 0xFFFF)
UIDS = st.lists(st.integers(0, 99999), min_size=1, max_size=10).map(
    lambda numbers: ".".join(map(str, (1, *numbers)))
)
TITLES = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="\\"),
    min_size=1,
    max_size=16,
)
CONTEXT_IDS = st.integers(0, 127).map(lambda number: 2 * number + 1)
# pynetdicom writes no role selection that selects none.
ROLES = st.builds(
    lambda uid, roles: RoleSelection(uid, scu=roles[0], scp=roles[1]),
    UIDS,
    st.sampled_from([(True, True), (True, False), (False, True)]),
)
WINDOWS = st.builds(AsynchronousOperationsWindow, U16, U16)
EXTENDED = st.builds(ExtendedNegotiation, UIDS, st.binary(min_size=1, max_size=8))
COMMON = st.builds(CommonExtendedNegotiation, UIDS, UIDS, st.lists(UIDS, max_size=3).map(tuple))
IDENTITIES = st.builds(
    UserIdentity,
    st.just(int(UserIdentityKind.USERNAME_AND_PASSCODE)),
    st.booleans(),
    st.binary(min_size=1, max_size=20),
    st.binary(min_size=1, max_size=20),
)
MAX_LENGTHS = st.just(0) | st.integers(8, 0xFFFFFFFF)
PROPOSED = st.builds(
    ProposedContext,
    CONTEXT_IDS,
    UIDS,
    st.lists(UIDS, min_size=1, max_size=5, unique=True).map(tuple),
)
ANSWERED = st.builds(AnsweredContext, CONTEXT_IDS, st.sampled_from(ContextResult), UIDS)


def _lists(each: st.SearchStrategy[Any], *, by: Callable[[Any], object]) -> st.SearchStrategy[Any]:
    return st.lists(each, max_size=4, unique_by=by).map(tuple)


REQUESTS = st.builds(
    AssociateRequest,
    called_ae_title=TITLES,
    calling_ae_title=TITLES,
    contexts=st.lists(
        PROPOSED, min_size=1, max_size=20, unique_by=lambda each: each.context_id
    ).map(tuple),
    max_pdu_bytes=MAX_LENGTHS,
    implementation_class_uid=UIDS,
    implementation_version_name=TITLES,
    asynchronous_operations_window=st.none() | WINDOWS,
    roles=_lists(ROLES, by=lambda each: each.sop_class_uid),
    extended_negotiations=_lists(EXTENDED, by=lambda each: each.sop_class_uid),
    common_extended_negotiations=_lists(COMMON, by=lambda each: each.sop_class_uid),
    user_identity=st.none() | IDENTITIES,
)
ACCEPTS = st.builds(
    AssociateAccept,
    called_ae_title=TITLES,
    calling_ae_title=TITLES,
    contexts=_lists(ANSWERED, by=lambda each: each.context_id),
    max_pdu_bytes=MAX_LENGTHS,
    implementation_class_uid=UIDS,
    implementation_version_name=TITLES,
    asynchronous_operations_window=st.none() | WINDOWS,
    roles=_lists(ROLES, by=lambda each: each.sop_class_uid),
    extended_negotiations=_lists(EXTENDED, by=lambda each: each.sop_class_uid),
    user_identity_response=st.none() | st.binary(min_size=1, max_size=20),
)


def make_request(**changes: Any) -> AssociateRequest:
    values: dict[str, Any] = {
        "called_ae_title": "ASTREINTE",
        "calling_ae_title": "CT1",
        "contexts": (ProposedContext(1, "1.2.840.10008.1.1", ("1.2.840.10008.1.2",)),),
        "implementation_class_uid": "1.2.3.4",
    }
    return AssociateRequest(**values | changes)


def write_request_with_pynetdicom(request: AssociateRequest) -> bytes:
    primitive = _make_primitive(request)
    contexts = []
    for each in request.contexts:
        context = PresentationContext()
        context.context_id = each.context_id
        context.abstract_syntax = each.abstract_syntax
        context.transfer_syntax = list(each.transfer_syntaxes)
        contexts.append(context)
    primitive.presentation_context_definition_list = contexts
    return bytes(A_ASSOCIATE_RQ(primitive).encode())


def write_accept_with_pynetdicom(accept: AssociateAccept) -> bytes:
    primitive = _make_primitive(accept)
    contexts = []
    for each in accept.contexts:
        context = PresentationContext()
        context.context_id = each.context_id
        context.result = int(each.result)
        context.transfer_syntax = [each.transfer_syntax]
        contexts.append(context)
    primitive.presentation_context_definition_results_list = contexts
    primitive.result = 0
    return bytes(A_ASSOCIATE_AC(primitive).encode())


def _make_primitive(side: AssociateRequest | AssociateAccept) -> A_ASSOCIATE:
    primitive = A_ASSOCIATE()
    primitive.called_ae_title = side.called_ae_title
    primitive.calling_ae_title = side.calling_ae_title
    primitive.application_context_name = side.application_context
    primitive.user_information = list(_list_items(side))
    return primitive


def _list_items(side: UserInformation) -> Iterable[Any]:
    longest = MaximumLengthNotification()
    longest.maximum_length_received = side.max_pdu_bytes
    implementation = ImplementationClassUIDNotification()
    implementation.implementation_class_uid = side.implementation_class_uid
    yield from (longest, implementation)
    if side.implementation_version_name:
        version = ImplementationVersionNameNotification()
        version.implementation_version_name = side.implementation_version_name
        yield version
    if side.asynchronous_operations_window is not None:
        window = AsynchronousOperationsWindowNegotiation()
        window.maximum_number_operations_invoked = side.asynchronous_operations_window.invoked
        window.maximum_number_operations_performed = side.asynchronous_operations_window.performed
        yield window
    for role in side.roles:
        selection = SCP_SCU_RoleSelectionNegotiation()
        selection.sop_class_uid = role.sop_class_uid
        selection.scu_role, selection.scp_role = role.scu, role.scp
        yield selection
    yield from _list_negotiations(side)


def _list_negotiations(side: UserInformation) -> Iterable[Any]:
    for each in side.extended_negotiations:
        extended = SOPClassExtendedNegotiation()
        extended.sop_class_uid = each.sop_class_uid
        extended.service_class_application_information = each.information
        yield extended
    for each_common in side.common_extended_negotiations:
        common = SOPClassCommonExtendedNegotiation()
        common.sop_class_uid = each_common.sop_class_uid
        common.service_class_uid = each_common.service_class_uid
        common.related_general_sop_class_identification = list(each_common.related_sop_class_uids)
        yield common
    if side.user_identity is not None or side.user_identity_response is not None:
        user = UserIdentityNegotiation()
        if side.user_identity is not None:
            user.user_identity_type = side.user_identity.kind
            user.positive_response_requested = side.user_identity.wants_answer
            user.primary_field = side.user_identity.primary
            user.secondary_field = side.user_identity.secondary
        else:
            user.server_response = side.user_identity_response
        yield user


def read_request_with_pynetdicom(pdu: bytes) -> AssociateRequest:
    read = A_ASSOCIATE_RQ()
    read.decode(pdu)
    primitive = read.to_primitive()
    return AssociateRequest(
        protocol_version=read.protocol_version,
        called_ae_title=read.called_ae_title,
        calling_ae_title=read.calling_ae_title,
        application_context=str(primitive.application_context_name),
        contexts=tuple(
            ProposedContext(
                each.context_id or 0,
                str(each.abstract_syntax),
                tuple(map(str, each.transfer_syntax)),
            )
            for each in primitive.presentation_context_definition_list
        ),
        **_read_items(primitive.user_information),
    )


def read_accept_with_pynetdicom(pdu: bytes) -> AssociateAccept:
    read = A_ASSOCIATE_AC()
    read.decode(pdu)
    primitive = read.to_primitive()
    return AssociateAccept(
        protocol_version=read.protocol_version,
        called_ae_title=read.reserved_aet,
        calling_ae_title=read.reserved_aec,
        application_context=str(primitive.application_context_name),
        contexts=tuple(
            AnsweredContext(
                each.context_id or 0,
                ContextResult(each.result or 0),
                str(each.transfer_syntax[0]),
            )
            for each in primitive.presentation_context_definition_results_list
        ),
        **_read_items(primitive.user_information),
    )


def _read_items(items: Iterable[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in items:
        match each:
            case MaximumLengthNotification():
                found["max_pdu_bytes"] = each.maximum_length_received
            case ImplementationClassUIDNotification():
                found["implementation_class_uid"] = str(each.implementation_class_uid)
            case ImplementationVersionNameNotification():
                found["implementation_version_name"] = each.implementation_version_name
            case AsynchronousOperationsWindowNegotiation():
                found["asynchronous_operations_window"] = AsynchronousOperationsWindow(
                    each.maximum_number_operations_invoked,
                    each.maximum_number_operations_performed,
                )
            case UserIdentityNegotiation(server_response=bytes() as response):
                found["user_identity_response"] = response
            case UserIdentityNegotiation():
                found["user_identity"] = UserIdentity(
                    each.user_identity_type or 0,
                    each.positive_response_requested,
                    each.primary_field or b"",
                    each.secondary_field or b"",
                )
            case _:
                name, value = _read_negotiation(each)
                found[name] = (*found.get(name, ()), value)
    return found


def _read_negotiation(item: Any) -> tuple[str, object]:
    uid = str(item.sop_class_uid)
    match item:
        case SCP_SCU_RoleSelectionNegotiation():
            return "roles", RoleSelection(uid, scu=bool(item.scu_role), scp=bool(item.scp_role))
        case SOPClassExtendedNegotiation():
            information = item.service_class_application_information or b""
            return "extended_negotiations", ExtendedNegotiation(uid, information)
        case _:
            related = tuple(map(str, item.related_general_sop_class_identification))
            return "common_extended_negotiations", CommonExtendedNegotiation(
                uid, str(item.service_class_uid), related
            )
