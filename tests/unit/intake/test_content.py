import uuid

from hypothesis import given
from hypothesis import strategies as st

from app.intake.domain.content import Content, InstanceKey, sort_out

KEY = (1, "1.2.3")
FIRST, SECOND, THIRD = (uuid.UUID(int=number) for number in (1, 2, 3))


def test_equal_content_is_a_duplicate_of_the_first() -> None:
    sorted_out = sort_out([(KEY, Content(FIRST, b"a")), (KEY, Content(SECOND, b"a"))], kept={})

    assert sorted_out.new == (FIRST,)
    assert sorted_out.duplicates == {SECOND: Content(FIRST, b"a")}
    assert not sorted_out.repeats


def test_other_content_is_kept_and_repeats_the_first() -> None:
    kept = {KEY: [Content(FIRST, b"a", is_gone=True)]}

    sorted_out = sort_out([(KEY, Content(SECOND, b"b")), (KEY, Content(THIRD, b"b"))], kept=kept)

    assert sorted_out.new == (SECOND,)
    assert sorted_out.duplicates == {THIRD: Content(SECOND, b"b")}
    assert sorted_out.repeats == {SECOND: FIRST}


def test_a_duplicate_of_what_was_given_up_says_so() -> None:
    kept = {KEY: [Content(FIRST, b"a", is_gone=True)]}

    assert sort_out([(KEY, Content(SECOND, b"a"))], kept=kept).duplicates[SECOND].is_gone


def test_an_arrival_that_is_kept_already_is_known_and_no_duplicate_of_itself() -> None:
    sorted_out = sort_out([(KEY, Content(FIRST, b"a"))], kept={KEY: [Content(FIRST, b"a")]})

    assert sorted_out.known == (FIRST,)
    assert not sorted_out.new
    assert not sorted_out.duplicates


def test_an_arrival_that_was_given_up_since_is_not_kept_again() -> None:
    given_up = Content(FIRST, b"a", is_gone=True)

    sorted_out = sort_out([(KEY, Content(FIRST, b"a"))], kept={KEY: [given_up]})

    assert sorted_out.duplicates == {FIRST: given_up}
    assert not sorted_out.known


keys = st.tuples(st.integers(1, 2), st.sampled_from(["1", "2"]))
arrivals = st.lists(
    st.tuples(keys, st.builds(Content, st.uuids(), st.binary(max_size=1))),
    unique_by=lambda arrival: arrival[1].arrival_id,
)


@given(arrivals, st.integers(0, 20))
def test_it_does_not_matter_where_a_batch_is_cut(
    batch: list[tuple[InstanceKey, Content]], cut: int
) -> None:
    whole = sort_out(batch, kept={})
    first = sort_out(batch[:cut], kept={})
    kept: dict[InstanceKey, list[Content]] = {}
    for key, content in batch[:cut]:
        if content.arrival_id in first.new:
            kept.setdefault(key, []).append(content)

    second = sort_out(batch[cut:], kept=kept)
    again = sort_out(batch[:cut], kept=kept)

    assert first.new + second.new == whole.new
    assert {**first.duplicates, **second.duplicates} == whole.duplicates
    assert {**first.repeats, **second.repeats} == whole.repeats
    assert not again.new
    assert set(again.known) == set(first.new)
