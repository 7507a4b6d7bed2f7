"""Refused contexts and failed objects, explained from the log and from the sender's settings."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake.domain.arrival import ContextSeen
from app.intake.domain.negotiated import (
    STORAGE_COMMITMENT,
    StatusCount,
    Taken,
    WhyRefused,
    explain_refused_context,
    read_contexts,
    read_statuses,
)

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
IMPLICIT, JPEG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.4.50"


def refused(abstract_syntax: str, *proposed: str) -> ContextSeen:
    return ContextSeen(abstract_syntax, proposed or (IMPLICIT,), None)


@pytest.mark.parametrize(
    ("context", "taken", "why"),
    [
        (refused(STORAGE_COMMITMENT), Taken(), WhyRefused.COMMITMENT_OFF),
        (refused(STORAGE_COMMITMENT, JPEG), Taken(commits=True), WhyRefused.SYNTAX_UNKNOWN),
        (refused("1.2.840.10008.1.1", JPEG), Taken(), WhyRefused.SYNTAX_UNKNOWN),
        (refused("1.2.840.10008.5.1.4.31"), Taken(), WhyRefused.NO_SUCH_SERVICE),
        (refused(MR), Taken(sop_classes=(CT,)), WhyRefused.CLASS_NOT_TAKEN),
        (refused(CT, JPEG), Taken(transfer_syntaxes=(IMPLICIT,)), WhyRefused.SYNTAX_NOT_TAKEN),
        (refused(CT, "1.2.3.4"), Taken(), WhyRefused.SYNTAX_UNKNOWN),
        (refused(CT, IMPLICIT), Taken(transfer_syntaxes=(IMPLICIT,)), WhyRefused.SYNTAX_UNKNOWN),
    ],
)
def test_a_refused_context_is_explained_by_the_settings(
    context: ContextSeen, taken: Taken, why: WhyRefused
) -> None:
    assert explain_refused_context(context, taken=taken) is why


@given(st.dictionaries(st.integers(1, 0xFFFF), st.integers(1, 10_000), max_size=6))
def test_failures_are_read_back_from_the_reason_as_the_gateway_writes_it(
    counts: dict[int, int],
) -> None:
    reason = ", ".join(f"{count} x 0x{status:04X}" for status, count in counts.items())

    found = read_statuses(reason)

    assert {each.status: each.count for each in found} == counts
    assert [each.count for each in found] == sorted(counts.values(), reverse=True)


@given(st.lists(st.sampled_from([0xA700, 0xA900, 0xC000]), max_size=20))
def test_a_status_that_is_counted_twice_is_one_entry_with_the_sum(statuses: list[int]) -> None:
    reason = ", ".join(f"1 x 0x{status:04X}" for status in statuses)

    assert {each.status: each.count for each in read_statuses(reason)} == Counter(statuses)


@pytest.mark.parametrize("reason", [None, "", "gateway_ended", "calling_ae_title_unknown"])
def test_a_reason_without_a_count_names_no_status(reason: str | None) -> None:
    assert read_statuses(reason) == ()


def test_the_most_frequent_failure_comes_first() -> None:
    assert read_statuses("1 x 0xA900, 12 x 0xa700") == (
        StatusCount(12, 0xA700),
        StatusCount(1, 0xA900),
    )


def test_contexts_are_read_from_the_row_and_there_are_none_where_nobody_noted_them() -> None:
    row = [{"abstract": CT, "proposed": [IMPLICIT, JPEG], "accepted": None}]

    assert read_contexts(row) == (ContextSeen(CT, (IMPLICIT, JPEG), None),)
    assert read_contexts(None) == ()
