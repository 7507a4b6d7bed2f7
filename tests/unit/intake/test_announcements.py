from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake.domain.announcements import (
    Expectation,
    Said,
    Source,
    Statement,
    Tally,
    believe,
    cut_out,
    judge,
    summarise,
)
from app.intake.domain.completeness import Completeness

AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SILENT = Completeness(AT + timedelta(seconds=60), "silent 60 s (CT)")
UIDS = st.frozensets(st.integers(1, 12).map(lambda number: f"1.2.{number}"))
MACHINES = st.sampled_from([Source.COMMITMENT, Source.MPPS, Source.C_FIND])
SAID = st.builds(
    lambda source, step, second, uids, is_final: Said(
        source=source,
        step_uid=step,
        said_at=AT + timedelta(seconds=second),
        instance_count=len(uids),
        sop_instance_uids=uids if source is not Source.C_FIND else frozenset(),
        is_final=is_final or source is not Source.MPPS,
    ),
    MACHINES,
    st.sampled_from(["1", "2"]),
    st.integers(0, 5),
    UIDS,
    st.booleans(),
)
STATEMENTS = st.builds(Statement, st.sampled_from(Source), st.integers(1, 40))
TALLIES = st.builds(
    lambda images, paper: Tally(instances=images + paper, images=images),
    st.integers(0, 40),
    st.integers(0, 3),
)
PAIRS = st.lists(st.tuples(STATEMENTS, TALLIES), max_size=5, unique_by=lambda pair: pair[0].source)


def make_said(
    source: Source = Source.MPPS,
    *,
    step: str = "1",
    minutes: int = 0,
    named: frozenset[str] = frozenset(),
    count: int | None = None,
    is_final: bool = True,
) -> Said:
    return Said(
        source=source,
        step_uid=step,
        said_at=AT + timedelta(minutes=minutes),
        instance_count=len(named) if count is None and named else count,
        sop_instance_uids=named,
        is_final=is_final,
    )


@given(st.lists(SAID, max_size=8), st.randoms())
def test_the_order_in_which_it_was_heard_does_not_matter(said: list[Said], random: Random) -> None:
    distinct = list({(each.source, each.step_uid, each.said_at): each for each in said}.values())

    shuffled = random.sample(distinct, len(distinct))

    assert summarise(shuffled) == summarise(distinct)


@given(st.lists(SAID, max_size=8))
def test_what_was_heard_twice_counts_once(said: list[Said]) -> None:
    assert summarise([*said, *said]) == summarise(said)


@given(st.lists(SAID, max_size=8))
def test_a_source_speaks_once_and_of_as_many_as_it_names(said: list[Said]) -> None:
    statements = summarise(said)

    sources = [each.source for each in statements]
    assert sources == [each for each in Source if each in sources]
    assert all(each.count > 0 for each in statements)
    assert all(len(each.named) in {0, each.count} for each in statements)


def test_lists_of_one_source_add_up() -> None:
    first = make_said(Source.COMMITMENT, named=frozenset({"1", "2"}))
    second = make_said(Source.COMMITMENT, step="2", named=frozenset({"2", "3"}))

    (found,) = summarise([first, second])

    assert found == Statement(Source.COMMITMENT, 3, frozenset({"1", "2", "3"}))


def test_the_modality_says_nothing_while_one_of_its_steps_goes_on() -> None:
    begun = make_said(is_final=False)
    over = make_said(minutes=4, named=frozenset({"1", "2"}))
    other = make_said(step="2", is_final=False)

    assert summarise([begun]) == ()
    assert summarise([begun, over, other]) == ()
    assert summarise([begun, over]) == (Statement(Source.MPPS, 2, frozenset({"1", "2"})),)


def test_a_step_without_images_expects_nothing() -> None:
    assert summarise([make_said(count=0)]) == ()


def test_the_last_answer_of_the_archive_counts() -> None:
    answers = [
        make_said(Source.C_FIND, step="", count=count, minutes=minutes)
        for minutes, count in enumerate([12, 40, 31])
    ]

    assert summarise(answers) == (Statement(Source.C_FIND, 31),)


def test_too_many_names_leave_the_number() -> None:
    named = make_said(named=frozenset({"1"}))
    counted = make_said(step="2", count=20_000)

    assert summarise([named, counted]) == (Statement(Source.MPPS, 20_001),)


@given(PAIRS)
def test_the_most_trusted_that_is_not_refuted_is_believed(
    pairs: list[tuple[Statement, Tally]],
) -> None:
    found = believe(pairs)

    standing = {each.source: each for each, tally in pairs if tally.images <= each.count}
    first = next((standing[source] for source in Source if source in standing), None)
    if first is None:
        assert found is None
    else:
        assert found is not None
        assert (found.source, found.count) == (first.source, first.count)
        assert 0 <= found.arrived <= found.count


def test_thirty_one_of_thirty_one_is_complete_at_once() -> None:
    named = frozenset(f"1.{n}" for n in range(31))
    statement = Statement(Source.MPPS, 31, named)

    found = believe([(statement, Tally(instances=31, images=31, named=31))])

    label = judge(SILENT, expectation=found, last_image_at=AT)
    assert label == Completeness(AT, "31 of 31 images announced by MPPS")


def test_fewer_than_announced_wait_for_the_silent_time() -> None:
    found = believe([(Statement(Source.C_FIND, 31), Tally(instances=28, images=28))])

    label = judge(SILENT, expectation=found, last_image_at=AT)

    assert label == Completeness(SILENT.due_at, "28 of 31 images announced by C-FIND")


def test_images_that_a_list_does_not_name_refute_it() -> None:
    named = Statement(Source.COMMITMENT, 2, frozenset({"1", "2"}))
    tally = Tally(instances=3, images=3, named=2, unnamed_images=1)
    step = Statement(Source.MPPS, 40)

    assert believe([(named, tally), (step, tally)]) == Expectation(Source.MPPS, 3, 40)


def test_paper_refutes_nobody_and_people_do_not_count_it() -> None:
    tally = Tally(instances=32, images=30)

    assert believe([(Statement(Source.REQUEST, 31), tally)]) == Expectation(Source.REQUEST, 30, 31)
    assert believe([(Statement(Source.C_FIND, 31), tally)]) == Expectation(Source.C_FIND, 31, 31)


@given(st.datetimes(timezones=st.just(UTC)))
def test_when_nobody_spoke_silence_decides(at: datetime) -> None:
    assert judge(SILENT, expectation=None, last_image_at=at) == SILENT


@given(UIDS, UIDS, UIDS)
def test_a_list_that_names_no_study_claims_nothing_that_is_another_study(
    named: frozenset[str], here: frozenset[str], there: frozenset[str]
) -> None:
    places = {
        uid: frozenset(number for number, uids in ((1, here), (2, there)) if uid in uids)
        for uid in here | there
    }

    ours = cut_out(named, study_id=1, places=places)

    assert ours <= named
    assert not ours & (there - here)
    if not named & there:
        assert ours == named
    if not named <= here | there:
        assert ours in (named, frozenset())


@pytest.mark.parametrize("source", Source)
def test_every_source_has_words(source: Source) -> None:
    assert Expectation(source, 1, 2).words.startswith("1 of 2 images announced by ")
