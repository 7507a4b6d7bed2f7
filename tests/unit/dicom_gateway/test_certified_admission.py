from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_gateway.admission import (
    AdmissionPass,
    Admitted,
    AssociationRequest,
    CertificateSeen,
    RefusalReason,
    Refused,
    RegisteredSender,
    SenderSnapshot,
    UnknownCalling,
    admit,
    called_titles,
    name_certificate,
)

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
DAY = timedelta(days=1)
GRACE = 14 * DAY
CALLED = called_titles("ASTREINTE")
ACCEPT = UnknownCalling.ACCEPT

PACS = "pacs.north.example"
CT_BY_PACS = RegisteredSender(1, "CT1", (), place=(5, 6), certificate_names=(PACS,))
MR_BY_PACS = RegisteredSender(2, "MR1", (), place=(5, 6), certificate_names=(PACS,))
SOUTH = RegisteredSender(3, "CT1", ("10.3.0.0/16",), certificate_names=("ct.south.example",))
BY_ADDRESS = RegisteredSender(4, "US1", ("10.4.0.0/16",))
SENDERS = (CT_BY_PACS, MR_BY_PACS, SOUTH, BY_ADDRESS)
CERTIFICATE = CertificateSeen((PACS,), f"CN={PACS}", NOW - 100 * DAY, NOW + 100 * DAY)


def decide(
    calling: str,
    *,
    certificate: CertificateSeen | None = CERTIFICATE,
    address: str = "192.0.2.9",
    senders: tuple[RegisteredSender, ...] = SENDERS,
    passes: tuple[AdmissionPass, ...] = (),
) -> Admitted | Refused:
    request = AssociationRequest("ASTREINTE", calling, address, certificate)
    snapshot = SenderSnapshot(senders, NOW, passes)
    return admit(request, called=CALLED, snapshot=snapshot, now=NOW, grace=GRACE)


def hold(*names: str) -> CertificateSeen:
    return replace(CERTIFICATE, names=names)


def test_the_title_chooses_among_the_senders_of_one_certificate() -> None:
    assert decide("CT1") == Admitted(1)
    assert decide("MR1") == Admitted(2)


def test_the_certificate_chooses_among_the_senders_of_one_title() -> None:
    assert decide("CT1", certificate=hold("ct.south.example")) == Admitted(3)


def test_any_name_of_the_certificate_will_do_in_any_case() -> None:
    assert decide("CT1", certificate=hold("x", PACS.upper())) == Admitted(1)


def test_the_address_counts_over_tls_only_where_title_and_certificate_are_shared() -> None:
    twin = replace(CT_BY_PACS, sender_id=9, addresses=("10.9.0.0/16",), place=(5, 7))

    shared = (CT_BY_PACS, twin)

    assert decide("CT1", senders=shared, address="10.9.0.1") == Admitted(9)
    assert decide("CT1", senders=shared) == Refused(RefusalReason.AMBIGUOUS)


def test_a_certificate_that_no_sender_has_is_refused_even_from_a_known_address() -> None:
    stranger = hold("stranger")

    decision = decide("US1", certificate=stranger, address="10.4.0.1")

    assert decision == Refused(RefusalReason.CERTIFICATE_UNKNOWN)


def test_a_certificate_without_names_is_nobodys() -> None:
    assert decide("CT1", certificate=hold()) == Refused(RefusalReason.CERTIFICATE_UNKNOWN)


def test_a_certificate_of_one_sender_does_not_open_for_the_title_of_another() -> None:
    refused = Refused(RefusalReason.CERTIFICATE_OF_ANOTHER)

    assert decide("US1", address="10.4.0.1") == refused
    assert decide("MR1", certificate=hold("ct.south.example"), address="10.3.0.1") == refused


def test_without_addresses_a_sender_comes_over_tls_only() -> None:
    assert decide("MR1", certificate=None) == Refused(RefusalReason.ADDRESS)


def test_with_addresses_too_a_sender_comes_over_both() -> None:
    assert decide("CT1", certificate=None, address="10.3.0.1") == Admitted(3)


def test_a_wildcard_stands_for_itself_only() -> None:
    decision = decide("CT1", certificate=hold("*.north.example"))

    assert decision == Refused(RefusalReason.CERTIFICATE_UNKNOWN)


@pytest.mark.parametrize(
    ("ago", "decision"),
    (
        (timedelta(0), Admitted(1)),
        (timedelta(seconds=1), Admitted(1, "expired_certificate")),
        (GRACE, Admitted(1, "expired_certificate")),
        (GRACE + timedelta(seconds=1), Refused(RefusalReason.CERTIFICATE_EXPIRED)),
    ),
)
def test_an_expired_certificate_is_good_for_the_grace(
    ago: timedelta, decision: Admitted | Refused
) -> None:
    assert decide("CT1", certificate=replace(CERTIFICATE, not_after=NOW - ago)) == decision


def test_a_certificate_opens_from_its_first_instant_on() -> None:
    later = replace(CERTIFICATE, not_before=NOW + timedelta(seconds=1))

    assert decide("CT1", certificate=later) == Refused(RefusalReason.CERTIFICATE_NOT_YET_VALID)
    assert decide("CT1", certificate=replace(CERTIFICATE, not_before=NOW)) == Admitted(1)


def test_a_certificate_without_end_is_judged_like_any_other() -> None:
    endless = replace(CERTIFICATE, not_after=datetime.max.replace(tzinfo=UTC))

    assert decide("CT1", certificate=endless) == Admitted(1)


def test_a_stranger_is_not_told_the_time_of_its_certificate() -> None:
    old = replace(hold("stranger"), not_after=NOW - 100 * DAY)

    assert decide("CT1", certificate=old) == Refused(RefusalReason.CERTIFICATE_UNKNOWN)


def test_an_unknown_title_with_a_known_certificate_is_admitted_where_all_its_senders_allow_it() -> (
    None
):
    allowing = replace(CT_BY_PACS, unknown_calling=ACCEPT)
    neighbour = replace(MR_BY_PACS, unknown_calling=ACCEPT)

    both = decide("NEW", senders=(allowing, neighbour, SOUTH))
    one = decide("NEW", senders=(allowing, MR_BY_PACS))

    assert both == Admitted(1, "unknown_calling")
    assert one == Refused(RefusalReason.CALLING_TITLE)


def test_an_unknown_title_weighs_more_than_an_expired_certificate() -> None:
    allowing = replace(CT_BY_PACS, unknown_calling=ACCEPT)
    expired = replace(CERTIFICATE, not_after=NOW - DAY)

    decision = decide("NEW", senders=(allowing,), certificate=expired)

    assert decision == Admitted(1, "unknown_calling")


def test_a_pass_works_with_the_certificate_of_its_sender_only() -> None:
    let_in = AdmissionPass(1, "NEW", "192.0.2.9", NOW + DAY)

    own = decide("NEW", passes=(let_in,))
    other = decide("NEW", passes=(let_in,), certificate=hold("ct.south.example"))

    assert own == Admitted(1, "pass")
    assert other == Refused(RefusalReason.CALLING_TITLE)


def test_the_name_to_journal_is_the_one_that_a_sender_is_known_by() -> None:
    snapshot = SenderSnapshot(SENDERS, NOW)

    assert name_certificate(hold("first", PACS), snapshot=snapshot) == PACS
    assert name_certificate(hold("first", "second"), snapshot=snapshot) == "first"
    assert name_certificate(hold(), snapshot=None) == f"CN={PACS}"


@given(
    calling=st.sampled_from(["CT1", "MR1", "US1", "NEW", ""]),
    names=st.lists(st.sampled_from([PACS, "ct.south.example", "stranger"]), max_size=2),
    address=st.sampled_from(["10.3.0.1", "10.4.0.1", "192.0.2.9", "no address"]),
    ended_days_ago=st.integers(-30, 30),
    begun_days_ago=st.integers(-2, 30),
    allows=st.booleans(),
)
def test_whoever_is_admitted_over_tls_holds_a_certificate_of_that_sender_in_its_time(
    *,
    calling: str,
    names: list[str],
    address: str,
    ended_days_ago: int,
    begun_days_ago: int,
    allows: bool,
) -> None:
    certificate = CertificateSeen(
        tuple(names), "CN=x", NOW - begun_days_ago * DAY, NOW - ended_days_ago * DAY
    )
    unknown = ACCEPT if allows else UnknownCalling.REFUSE
    senders = tuple(replace(each, unknown_calling=unknown) for each in SENDERS)

    decision = decide(calling, certificate=certificate, address=address, senders=senders)

    if isinstance(decision, Admitted):
        (sender,) = (each for each in SENDERS if each.sender_id == decision.sender_id)
        assert set(sender.certificate_names) & set(names)
        assert begun_days_ago >= 0
        assert ended_days_ago <= 14
        assert sender.ae_title == calling or (allows and decision.mark == "unknown_calling")
        assert (decision.mark == "expired_certificate") <= (ended_days_ago > 0)
