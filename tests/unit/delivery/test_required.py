"""When a site has a report."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.delivery.domain.required import HAS_REPORT, Posting, Progress, Standing, judge

POSTINGS = st.lists(
    st.builds(
        Posting,
        study_id=st.integers(1, 2),
        accession_number=st.sampled_from(["", "A1", "A2"]),
        form=st.sampled_from(["sr", "encapsulated_pdf", "secondary_capture"]),
        page=st.integers(1, 2),
        progress=st.sampled_from(Progress),
    ),
    max_size=8,
)
ORDER = [Standing.STUCK, Standing.UNDER_WAY, Standing.REACHED, Standing.DELIVERED]


def post(form: str, progress: Progress, *, accession_number: str = "A1", page: int = 1) -> Posting:
    return Posting(
        study_id=1,
        accession_number=accession_number,
        form=form,
        page=page,
        progress=progress,
    )


@pytest.mark.parametrize(
    ("sr", "pdf", "standing"),
    [
        (Progress.ACCEPTED, Progress.ACCEPTED, Standing.DELIVERED),
        (Progress.LOST, Progress.ACCEPTED, Standing.DELIVERED),
        (Progress.UNDER_WAY, Progress.ACCEPTED, Standing.REACHED),
        (Progress.UNDER_WAY, Progress.LOST, Standing.UNDER_WAY),
        (Progress.LOST, Progress.LOST, Standing.STUCK),
    ],
)
def test_one_form_is_enough_and_one_that_is_under_way_is_waited_for(
    sr: Progress, pdf: Progress, standing: Standing
) -> None:
    assert judge([post("sr", sr), post("encapsulated_pdf", pdf)]) is standing


def test_without_any_document_only_a_person_can_help() -> None:
    assert judge([]) is Standing.STUCK


def test_every_accession_of_a_study_needs_its_own() -> None:
    postings = [
        post("sr", Progress.ACCEPTED),
        post("sr", Progress.LOST, accession_number="A2"),
    ]

    assert judge(postings) is Standing.STUCK


def test_a_form_is_there_with_its_last_page() -> None:
    first = post("secondary_capture", Progress.ACCEPTED)
    second = post("secondary_capture", Progress.UNDER_WAY, page=2)

    assert judge([first, second]) is Standing.UNDER_WAY
    assert judge([first, replace(second, progress=Progress.LOST)]) is Standing.STUCK
    assert judge([first, replace(second, progress=Progress.ACCEPTED)]) is Standing.DELIVERED


def test_a_document_that_a_first_node_lost_counts_by_the_second() -> None:
    assert judge([post("sr", Progress.LOST), post("sr", Progress.ACCEPTED)]) is Standing.DELIVERED


@given(postings=POSTINGS, seed=st.integers())
def test_the_order_of_documents_never_matters(postings: list[Posting], seed: int) -> None:
    shuffled = random.Random(seed).sample(postings, len(postings))

    assert judge(shuffled) is judge(postings)


@given(postings=POSTINGS)
def test_each_pair_has_a_whole_form_exactly_when_nobody_needs_to_call(
    postings: list[Posting],
) -> None:
    pairs = {(each.study_id, each.accession_number) for each in postings}
    whole = set()
    for pair in pairs:
        of_pair = [each for each in postings if (each.study_id, each.accession_number) == pair]
        for form in {each.form for each in of_pair}:
            best: dict[int, Progress] = {}
            for each in of_pair:
                if each.form == form:
                    best[each.page] = max(each.progress, best.get(each.page, Progress.LOST))
            if set(best.values()) == {Progress.ACCEPTED}:
                whole.add(pair)

    assert (judge(postings) in HAS_REPORT) == (bool(pairs) and whole == pairs)


@given(postings=POSTINGS)
def test_what_is_lost_or_accepted_leaves_nothing_to_wait_for(postings: list[Posting]) -> None:
    ended = [
        replace(each, progress=Progress.LOST) if each.progress is Progress.UNDER_WAY else each
        for each in postings
    ]

    assert judge(ended) in {Standing.STUCK, Standing.DELIVERED}


@given(postings=POSTINGS, late=POSTINGS)
def test_a_dead_letter_that_is_accepted_later_never_makes_it_worse(
    postings: list[Posting], late: list[Posting]
) -> None:
    given_up = [replace(each, progress=Progress.LOST) for each in late]
    accepted = [replace(each, progress=Progress.ACCEPTED) for each in late]

    before, after = judge([*postings, *given_up]), judge([*postings, *given_up, *accepted])

    # Unless it was on its way to a second node: then nothing is waited for any more.
    if not any(each.progress is Progress.UNDER_WAY for each in postings):
        assert ORDER.index(after) >= ORDER.index(before)
