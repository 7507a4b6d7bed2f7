"""What pages have shown: each page of those who were asked first counts, with the row or without.

Pages 0, 2 and 4 are of reader a, pages 1 and 3 of reader b; page 4 is a real browser's.
"""

from collections.abc import Mapping

from benchmarks._screen_seen import Seen, find_seen

READERS = ["a", "b", "a", "b", "a"]
A, BOTH = frozenset("a"), frozenset("ab")


def find(shown: Mapping[str, Mapping[int, float]], asked: Mapping[str, frozenset[str]]) -> Seen:
    return find_seen({"000001": 10.0}, shown=shown, asked=asked, readers=READERS, browsers=1)


def test_what_every_page_of_a_nominee_has_is_complete() -> None:
    seen = find({"000001": {0: 11.0, 2: 12.0, 4: 13.0}}, {"000001": A})

    assert seen == Seen(all_s=[1.0, 2.0, 3.0], browser_s=[3.0])
    assert seen.is_complete


def test_a_page_of_a_nominee_that_never_has_the_row_is_counted() -> None:
    seen = find({"000001": {0: 11.0, 1: 12.0}}, {"000001": BOTH})

    assert (seen.all_s, seen.missing, seen.missing_rows) == ([1.0, 2.0], [], 3)
    assert not seen.is_complete


def test_a_browser_that_never_has_the_row_is_counted() -> None:
    seen = find({"000001": {0: 11.0, 2: 12.0}}, {"000001": A})

    assert (seen.browser_s, seen.missing_rows) == ([], 1)


def test_a_page_of_somebody_who_was_asked_later_neither_counts_nor_lacks() -> None:
    seen = find({"000001": {0: 11.0, 1: 99.0, 2: 11.0, 4: 11.0}}, {"000001": A})

    assert seen.all_s == [1.0, 1.0, 1.0]
    assert seen.is_complete


def test_a_study_that_nobody_was_asked_to_read_is_on_no_page() -> None:
    seen = find({}, {})

    assert (seen.missing, seen.missing_rows) == (["000001"], 0)
    assert not seen.is_complete


def test_a_study_on_no_page_of_a_nominee_lacks_all_their_rows_too() -> None:
    seen = find({"000001": {1: 11.0}}, {"000001": A})

    assert (seen.missing, seen.missing_rows) == (["000001"], 3)
