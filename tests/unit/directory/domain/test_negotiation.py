"""What is agreed with a sender: UIDs of classes and syntaxes, names on its certificates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.directory.domain.errors import InvalidField
from app.directory.domain.negotiation import check_certificate_names, check_uids

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
UIDS = st.lists(st.integers(0, 10**8), min_size=2, max_size=7).map(
    lambda numbers: ".".join(str(each) for each in numbers)
)


def test_uids_keep_their_order_and_come_once() -> None:
    assert check_uids([MR, f" {CT} ", MR], field="sop_classes") == (MR, CT)


@given(st.lists(UIDS, max_size=5))
def test_every_uid_of_the_standards_form_is_taken(uids: list[str]) -> None:
    assert set(check_uids(uids, field="sop_classes")) == set(uids)


@pytest.mark.parametrize("text", ["", "CT", "1", "1.", ".1", "1..2", "1.02", "1.2\n.3", "1." * 40])
def test_what_is_no_uid_is_refused_by_its_place(text: str) -> None:
    with pytest.raises(InvalidField) as refused:
        check_uids([CT, text], field="sop_classes")

    assert refused.value.field == "sop_classes.1"


def test_names_of_certificates_keep_their_order_and_come_once() -> None:
    assert check_certificate_names(["ct1.chu.test", " CT 1 ", "ct1.chu.test"]) == (
        "ct1.chu.test",
        "CT 1",
    )


@pytest.mark.parametrize("text", ["", "  ", "a\x00b", "a" * 254])
def test_what_is_no_name_of_a_certificate_is_refused_by_its_place(text: str) -> None:
    with pytest.raises(InvalidField) as refused:
        check_certificate_names([text])

    assert refused.value.field == "certificate_names.0"
