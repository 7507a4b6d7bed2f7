from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake.domain.completeness import Waits, expect_completeness
from app.intake.domain.identifiers import MalformedUid, check_uid

LAST = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)
WAITS = Waits({"CT": timedelta(seconds=60), "MR": timedelta(seconds=300)}, timedelta(seconds=600))


@pytest.mark.parametrize(
    ("modalities", "seconds", "reason"),
    (
        (["CT"], 60, "silent 60 s (CT)"),
        (["CT", "MR"], 300, "silent 300 s (MR)"),
        (["CT", "SR"], 60, "silent 60 s (CT)"),
        (["SR"], 600, "silent 600 s"),
        ([], 600, "silent 600 s"),
        (["XX", "CT"], 600, "silent 600 s (XX)"),
    ),
)
def test_the_slowest_modality_sets_the_wait(
    modalities: list[str], seconds: int, reason: str
) -> None:
    expected = expect_completeness(modalities, last_image_at=LAST, waits=WAITS)

    assert expected.due_at == LAST + timedelta(seconds=seconds)
    assert expected.reason == reason


@given(st.lists(st.sampled_from(["CT", "MR", "SR", "US", ""])), st.sampled_from(["CT", "MR", "US"]))
def test_one_more_modality_never_brings_completeness_nearer(
    modalities: list[str], more: str
) -> None:
    images = [each for each in modalities if each not in {"", "SR"}]
    before = expect_completeness(images or [more], last_image_at=LAST, waits=WAITS)

    after = expect_completeness([*modalities, more], last_image_at=LAST, waits=WAITS)

    assert after.due_at >= before.due_at


@pytest.mark.parametrize("value", ("1.2.840", "0", "1.02.3", "9" * 64))
def test_uids_of_the_right_form_pass(value: str) -> None:
    assert check_uid(value, name="SOP Instance UID") == value


@pytest.mark.parametrize("value", ("", "../../etc/passwd", "1.2 .3", "9" * 65, "1.2\n", "\uff11.2"))
def test_uids_of_another_form_are_refused_without_being_repeated(value: str) -> None:
    with pytest.raises(MalformedUid, match="SOP Instance UID is not a UID") as caught:
        check_uid(value, name="SOP Instance UID")

    assert not value or value not in caught.value.message


def test_no_modality_is_waited_for_longer_than_any_other() -> None:
    waits = Waits({"MR": timedelta(minutes=20)}, timedelta(minutes=10))

    expected = expect_completeness(["MR"], last_image_at=LAST, waits=waits)

    assert expected.due_at == LAST + timedelta(minutes=10)
    assert expected.reason == "silent 600 s (MR)"
