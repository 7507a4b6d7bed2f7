from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.errors import Invalid
from dicom_gateway.admission import (
    AdmissionPass,
    Admitted,
    AssociationRequest,
    RefusalReason,
    Refused,
    RegisteredSender,
    SenderSnapshot,
    UnknownCalling,
    admit,
    called_titles,
)

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
CALLED = called_titles("ASTREINTE")
ACCEPT, REFUSE = UnknownCalling.ACCEPT, UnknownCalling.REFUSE
SCANNER = RegisteredSender(1, "CT1", ("10.1.0.7/32",), ACCEPT, (5, 6))
NEIGHBOUR = RegisteredSender(2, "MR1", ("10.1.0.0/24",), ACCEPT, (5, 6))
ELSEWHERE = RegisteredSender(3, "CT2", ("10.2.0.0/24",), ACCEPT, (8, 9))
REQUEST = AssociationRequest("ASTREINTE", "NEW_CT", "10.1.0.7")
PASS = AdmissionPass(1, "NEW_CT", "10.1.0.7", NOW + timedelta(hours=12))


def decide(
    *senders: RegisteredSender,
    passes: tuple[AdmissionPass, ...] = (),
    request: AssociationRequest = REQUEST,
    now: datetime = NOW,
) -> Admitted | Refused:
    snapshot = SenderSnapshot(senders, NOW, passes)
    return admit(request, called=CALLED, snapshot=snapshot, now=now)


def test_an_unknown_title_of_a_known_address_is_admitted_with_a_mark() -> None:
    assert decide(SCANNER, ELSEWHERE) == Admitted(1, "unknown_calling")


def test_the_sender_may_refuse_unknown_titles() -> None:
    refusing = replace(SCANNER, unknown_calling=REFUSE)

    assert decide(refusing) == Refused(RefusalReason.CALLING_TITLE)


def test_senders_of_one_place_that_share_an_address_stand_for_each_other() -> None:
    assert decide(NEIGHBOUR, SCANNER) == Admitted(1, "unknown_calling")


def test_an_address_of_two_places_names_no_sender() -> None:
    other = replace(NEIGHBOUR, place=(5, 7))

    assert decide(SCANNER, other) == Refused(RefusalReason.AMBIGUOUS)


def test_one_sender_of_an_address_that_refuses_is_enough() -> None:
    refusing = replace(NEIGHBOUR, unknown_calling=REFUSE)

    assert decide(SCANNER, refusing) == Refused(RefusalReason.CALLING_TITLE)


def test_an_address_that_no_sender_has_is_refused() -> None:
    assert decide(ELSEWHERE) == Refused(RefusalReason.CALLING_TITLE)


def test_a_title_that_another_sender_has_is_not_an_unknown_one() -> None:
    request = replace(REQUEST, calling_ae_title="CT2")

    assert decide(SCANNER, ELSEWHERE, request=request) == Refused(RefusalReason.ADDRESS)


def test_no_title_at_all_is_refused() -> None:
    request = replace(REQUEST, calling_ae_title="")

    assert decide(SCANNER, request=request) == Refused(RefusalReason.CALLING_TITLE)


def test_our_own_title_must_be_right_all_the_same() -> None:
    request = replace(REQUEST, called_ae_title="OTHER")

    assert decide(SCANNER, passes=(PASS,), request=request) == Refused(RefusalReason.CALLED_TITLE)


@pytest.mark.parametrize("title", ["NEW_CT", "CT2"])
def test_a_pass_lets_a_title_in_that_would_be_refused(title: str) -> None:
    refusing = replace(SCANNER, unknown_calling=REFUSE)
    request = replace(REQUEST, calling_ae_title=title)
    given_pass = replace(PASS, calling_ae_title=title)

    found = decide(refusing, ELSEWHERE, passes=(given_pass,), request=request)

    assert found == Admitted(1, "pass")


def test_a_pass_settles_what_is_ambiguous() -> None:
    other = replace(NEIGHBOUR, place=(5, 7))

    assert decide(SCANNER, other, passes=(PASS,)) == Admitted(1, "pass")


def test_the_mapped_form_of_an_address_is_the_same_address() -> None:
    refusing = replace(SCANNER, unknown_calling=REFUSE)
    request = replace(REQUEST, address="::ffff:10.1.0.7")

    assert decide(refusing, passes=(PASS,), request=request) == Admitted(1, "pass")


@pytest.mark.parametrize(
    "useless",
    [
        replace(PASS, until=NOW),
        replace(PASS, until=NOW - timedelta(seconds=1)),
        replace(PASS, calling_ae_title="new_ct"),
        replace(PASS, address="10.1.0.8"),
        replace(PASS, address="nonsense"),
        replace(PASS, sender_id=3),
        replace(PASS, sender_id=99),
    ],
)
def test_a_pass_that_is_over_or_for_another_admits_nobody(useless: AdmissionPass) -> None:
    refusing = replace(SCANNER, unknown_calling=REFUSE)

    found = decide(refusing, ELSEWHERE, passes=(useless,))

    assert found == Refused(RefusalReason.CALLING_TITLE)


SENDERS = st.lists(
    st.builds(
        RegisteredSender,
        st.integers(1, 50),
        st.sampled_from(["CT1", "CT2", "MR1"]),
        st.lists(st.sampled_from(["10.1.0.7/32", "10.1.0.0/24", "10.2.0.0/24"]), min_size=1).map(
            tuple
        ),
        st.sampled_from(UnknownCalling),
        st.sampled_from([(5, 6), (5, 7), (8, 9)]),
    ),
    max_size=5,
    unique_by=lambda each: each.sender_id,
)


@given(
    SENDERS, st.sampled_from(["CT1", "NEW"]), st.sampled_from(["10.1.0.7", "10.2.0.1", "10.3.0.1"])
)
def test_whoever_is_admitted_with_a_mark_calls_from_an_address_of_senders_that_all_agree(
    senders: list[RegisteredSender], calling: str, address: str
) -> None:
    request = AssociationRequest("ASTREINTE", calling, address)

    decision = decide(*senders, request=request)

    if isinstance(decision, Admitted) and decision.mark is not None:
        covering = [each for each in senders if each.covers(address)]
        assert decision.sender_id in {each.sender_id for each in covering}
        assert {each.unknown_calling for each in covering} == {ACCEPT}
        assert len({each.place for each in covering}) == 1
        assert calling not in {each.ae_title for each in senders}


def test_a_snapshot_with_passes_is_read_as_it_was_written() -> None:
    snapshot = SenderSnapshot((SCANNER, ELSEWHERE), NOW, (PASS,))

    assert SenderSnapshot.read(snapshot.write()) == snapshot


def test_a_snapshot_of_the_format_before_allows_nothing_that_nobody_allowed() -> None:
    before = (
        b'{"format": 1, "taken_at": "2026-11-20T21:00:00+00:00",'
        b' "senders": [{"id": 1, "ae_title": "CT1", "addresses": ["10.1.0.7/32"]}]}'
    )

    snapshot = SenderSnapshot.read(before)

    assert snapshot == SenderSnapshot((RegisteredSender(1, "CT1", ("10.1.0.7/32",)),), NOW)
    decision = admit(REQUEST, called=CALLED, snapshot=snapshot, now=NOW)
    assert decision == Refused(RefusalReason.CALLING_TITLE)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"accept"', b'"perhaps"'), (b"+00:00", b""), (b'"passes"', b'"others"')],
)
def test_a_damaged_snapshot_is_refused(old: bytes, new: bytes) -> None:
    content = SenderSnapshot((SCANNER,), NOW, (PASS,)).write().replace(old, new)

    with pytest.raises(Invalid, match="snapshot of senders"):
        SenderSnapshot.read(content)
