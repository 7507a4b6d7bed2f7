"""A burst: from its first rows on, as long as images come, and no longer than is bearable."""

from collections.abc import Iterator

from dicom_gateway.burst import Burst


def watch(grown: Iterator[bool], clock: Iterator[float]) -> Burst:
    return Burst(lambda: next(grown), read_clock_s=lambda: next(clock))


def test_it_is_on_while_every_look_finds_more() -> None:
    burst = watch(iter([True, True, False]), iter([10.0, 10.1, 10.2, 10.3]))
    assert not burst.lasts()

    burst.look()
    burst.note_indexed()
    assert burst.lasts()
    burst.look()
    assert burst.lasts()
    burst.look()
    assert not burst.lasts()


def test_nobody_rests_before_the_first_images_have_their_rows() -> None:
    burst = watch(iter([True, True, False, True]), iter([10.0, 10.1, 10.2, 10.6]))

    burst.look()
    assert not burst.lasts()
    burst.look()
    assert not burst.lasts()
    burst.note_indexed()
    assert burst.lasts()

    # The next burst has first images of its own.
    burst.look()
    burst.look()
    assert not burst.lasts()


def test_rows_of_a_quiet_time_begin_no_rest() -> None:
    burst = watch(iter([False]), iter([]))
    burst.look()

    burst.note_indexed()

    assert not burst.lasts()


def test_after_less_than_half_a_second_nobody_waits_for_its_end() -> None:
    burst = watch(iter([True, True]), iter([10.0, 10.1, 10.4, 10.6]))
    burst.look()
    burst.note_indexed()
    assert burst.lasts()
    burst.look()

    assert not burst.lasts()


def test_when_all_that_came_was_worked_off_one_rests_again() -> None:
    burst = watch(iter([True, True, False]), iter([10.0, 10.0, 10.5, 10.6, 10.7]))
    burst.look()
    burst.note_indexed()
    assert not burst.lasts()

    burst.begin_anew()
    assert burst.lasts()

    burst.look()
    burst.look()
    burst.begin_anew()
    assert not burst.lasts()
