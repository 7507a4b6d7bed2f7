"""UIDs that are computed in place of those that two hospitals share."""

from hypothesis import given
from hypothesis import strategies as st

from app.directory.domain.uids import derive_uid, find_original

UIDS = st.from_regex(r"[1-2]\.[1-9][0-9]{0,5}(\.[1-9][0-9]{0,8}){0,4}", fullmatch=True)
DOMAINS = st.integers(1, 10_000)


@given(domain_id=DOMAINS, uid=UIDS)
def test_a_derived_uid_is_valid_and_always_the_same(domain_id: int, uid: str) -> None:
    derived = derive_uid(domain_id, uid)

    number = derived.removeprefix("2.25.")
    assert derived == derive_uid(domain_id, uid)
    assert number.isdecimal()
    assert number == str(int(number))
    assert len(derived) <= 64


@given(first=st.tuples(DOMAINS, UIDS), second=st.tuples(DOMAINS, UIDS))
def test_two_originals_or_domains_never_give_one_uid(
    first: tuple[int, str], second: tuple[int, str]
) -> None:
    assert (derive_uid(*first) == derive_uid(*second)) == (first == second)


@given(domain_id=DOMAINS, uid=UIDS, others=st.lists(UIDS, max_size=5))
def test_the_original_is_found_among_those_of_its_domain(
    domain_id: int, uid: str, others: list[str]
) -> None:
    derived = derive_uid(domain_id, uid)

    assert find_original(domain_id, derived, known=[*others, uid]) == uid
    assert find_original(domain_id + 1, derived, known=[*others, uid]) is None


@given(domain_id=DOMAINS, uid=UIDS)
def test_what_was_never_derived_has_no_original(domain_id: int, uid: str) -> None:
    assert find_original(domain_id, uid, known=[uid]) is None
    assert find_original(domain_id, f"2.25.{uid.replace('.', '')}", known=[uid]) is None
