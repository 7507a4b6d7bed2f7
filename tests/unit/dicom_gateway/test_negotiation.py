"""Negotiation: every class, the syntax that costs no conversion, and answers by the book."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_gateway.association import OwnProbe
from dicom_gateway.dimse.notification import CommitmentService, StepService
from dicom_gateway.dimse.storage import StorageService
from dicom_gateway.dimse.verification import VerificationService
from dicom_gateway.negotiation import choose_contexts, describe_contexts, make_accept
from dicom_gateway.ports import ContextPolicy
from dicom_gateway.upper_layer.associate import (
    AssociateAccept,
    AssociateRequest,
    ContextResult,
    ProposedContext,
)
from dicom_gateway.upper_layer.items import (
    AsynchronousOperationsWindow,
    ExtendedNegotiation,
    RoleSelection,
    UserIdentity,
)

CT, ECHO, FIND = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.2.2.1"
STEP, COMMITMENT = "1.2.840.10008.3.1.2.3.3", "1.2.840.10008.1.20.1"
IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
JPEG, PRIVATE = "1.2.840.10008.1.2.4.70", "1.2.840.113619.5.2"
SERVICES = (VerificationService(), StepService(), CommitmentService(), StorageService())


class Peer(OwnProbe):
    """An association of which only the policy matters."""

    def __init__(self, **policy: object) -> None:
        super().__init__()
        self.association_id = UUID(int=1)
        self.policy = ContextPolicy(**policy)  # type: ignore[arg-type]


def choose(abstract: str, *syntaxes: str, **policy: object) -> tuple[ContextResult, str | None]:
    accepted, (answer,) = choose_contexts(
        [ProposedContext(1, abstract, syntaxes)], services=SERVICES, of=Peer(**policy)
    )
    return answer.result, accepted[0].transfer_syntax if accepted else None


@pytest.mark.parametrize("syntaxes", [(JPEG, EXPLICIT), (EXPLICIT, JPEG), (BIG,), (IMPLICIT, BIG)])
def test_the_first_syntax_of_the_peer_is_taken(syntaxes: tuple[str, ...]) -> None:
    assert choose(CT, *syntaxes) == (ContextResult.ACCEPTANCE, syntaxes[0])


def test_a_syntax_of_the_standard_goes_before_a_private_one_and_that_before_none() -> None:
    assert choose(CT, PRIVATE, EXPLICIT) == (ContextResult.ACCEPTANCE, EXPLICIT)
    assert choose(CT, PRIVATE) == (ContextResult.ACCEPTANCE, PRIVATE)


def test_a_sender_with_a_list_gets_the_first_of_its_list() -> None:
    listed = {"transfer_syntaxes": (EXPLICIT, JPEG)}

    assert choose(CT, JPEG, EXPLICIT, **listed) == (ContextResult.ACCEPTANCE, EXPLICIT)
    assert choose(CT, BIG, **listed) == (ContextResult.TRANSFER_SYNTAXES_NOT_SUPPORTED, None)


def test_a_sender_with_classes_stores_no_others_and_echoes_all_the_same() -> None:
    listed = {"sop_classes": (CT,)}

    assert choose(CT, EXPLICIT, **listed)[0] is ContextResult.ACCEPTANCE
    assert choose("1.2.3", EXPLICIT, **listed)[0] is ContextResult.ABSTRACT_SYNTAX_NOT_SUPPORTED
    assert choose(ECHO, IMPLICIT, **listed)[0] is ContextResult.ACCEPTANCE


@pytest.mark.parametrize("abstract", ["1.2.3.4", "1.2.840.113619.4.27"])
def test_a_private_class_is_taken(abstract: str) -> None:
    assert choose(abstract, EXPLICIT) == (ContextResult.ACCEPTANCE, EXPLICIT)


def test_commitment_is_taken_only_where_it_is_on() -> None:
    assert choose(COMMITMENT, IMPLICIT)[0] is ContextResult.ABSTRACT_SYNTAX_NOT_SUPPORTED
    assert choose(COMMITMENT, IMPLICIT, commits=True) == (ContextResult.ACCEPTANCE, IMPLICIT)


@pytest.mark.parametrize("abstract", [ECHO, STEP])
def test_what_has_no_pixels_is_not_taken_compressed(abstract: str) -> None:
    assert choose(abstract, JPEG)[0] is ContextResult.TRANSFER_SYNTAXES_NOT_SUPPORTED
    assert choose(abstract, JPEG, IMPLICIT) == (ContextResult.ACCEPTANCE, IMPLICIT)


def test_a_service_that_we_have_not_is_named_as_such() -> None:
    assert choose(FIND, IMPLICIT)[0] is ContextResult.ABSTRACT_SYNTAX_NOT_SUPPORTED


def test_the_health_check_may_only_echo() -> None:
    assert choose(CT, EXPLICIT, stores=False)[0] is ContextResult.ABSTRACT_SYNTAX_NOT_SUPPORTED
    assert choose(ECHO, IMPLICIT, stores=False)[0] is ContextResult.ACCEPTANCE


@given(
    st.lists(
        st.tuples(
            st.sampled_from([CT, ECHO, FIND, STEP, COMMITMENT, "1.2.3", ""]),
            st.lists(st.sampled_from([IMPLICIT, EXPLICIT, BIG, JPEG, PRIVATE]), max_size=4),
        ),
        max_size=128,
    )
)
def test_every_context_is_answered_once_and_only_with_what_it_proposed(
    proposals: list[tuple[str, list[str]]],
) -> None:
    proposed = [
        ProposedContext(2 * number + 1, abstract, tuple(syntaxes))
        for number, (abstract, syntaxes) in enumerate(proposals)
    ]

    accepted, answered = choose_contexts(proposed, services=SERVICES, of=Peer())

    assert [each.context_id for each in answered] == [each.context_id for each in proposed]
    taken = {each.context_id: each.transfer_syntax for each in accepted}
    for context, answer in zip(proposed, answered, strict=True):
        is_taken = answer.result is ContextResult.ACCEPTANCE
        assert is_taken == (context.context_id in taken)
        if is_taken:
            assert answer.transfer_syntax == taken[context.context_id]
            assert answer.transfer_syntax in context.transfer_syntaxes
    seen = describe_contexts(proposed, accepted)
    assert [each.accepted for each in seen] == [taken.get(each.context_id) for each in proposed]


REQUEST = AssociateRequest(
    called_ae_title="ASTREINTE",
    calling_ae_title="CT1",
    contexts=(ProposedContext(1, CT, (EXPLICIT,)),),
    max_pdu_bytes=16384,
    implementation_class_uid="1.2.3",
)


def accept(request: AssociateRequest) -> AssociateAccept:
    return make_accept(
        request,
        [],
        storage_classes=frozenset({CT}),
        implementation_class_uid="1.2",
        implementation_version_name="OURS",
    )


def test_one_operation_at_a_time_is_offered_to_who_asks_for_more() -> None:
    asked = replace(REQUEST, asynchronous_operations_window=AsynchronousOperationsWindow(0, 8))

    assert accept(asked).asynchronous_operations_window == AsynchronousOperationsWindow(1, 1)
    assert accept(REQUEST).asynchronous_operations_window is None


def test_roles_identity_and_extended_negotiation_are_answered_by_the_book() -> None:
    asked = replace(
        REQUEST,
        roles=(RoleSelection(CT, scu=True, scp=True),),
        user_identity=UserIdentity(1, wants_answer=True, primary=b"somebody"),
        extended_negotiations=(
            ExtendedNegotiation(CT, bytes(6)),
            ExtendedNegotiation(FIND, bytes(3)),
        ),
    )

    answer = accept(asked)

    assert answer.roles == (RoleSelection(CT, scu=True, scp=False),)
    assert answer.user_identity_response is None
    assert answer.extended_negotiations == (ExtendedNegotiation(CT, bytes((2, 0, 3, 0, 0, 0))),)
