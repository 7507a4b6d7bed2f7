"""What goes to a node in one try."""

from dataclasses import replace

from app.delivery.domain.shipment import MOST_TOGETHER, Candidate, Kind, choose_together

IMAGE = Candidate(delivery_id=1, kind=Kind.IMAGES, image_count=1, byte_count=1, node_was_away=False)


def number(*candidates: Candidate) -> list[Candidate]:
    return [replace(each, delivery_id=at) for at, each in enumerate(candidates, start=1)]


def test_small_studies_go_together_in_their_order() -> None:
    assert choose_together(number(IMAGE, IMAGE, IMAGE)) == [1, 2, 3]


def test_no_more_go_together_than_may() -> None:
    assert len(choose_together(number(*[IMAGE] * (MOST_TOGETHER + 5)))) == MOST_TOGETHER


def test_a_large_study_goes_alone_and_ends_what_goes_before_it() -> None:
    large = replace(IMAGE, image_count=2000)

    assert choose_together(number(large, IMAGE)) == [1]
    assert choose_together(number(IMAGE, IMAGE, large, IMAGE)) == [1, 2]


def test_a_few_images_of_many_frames_go_alone_and_end_what_goes_before_them() -> None:
    large = replace(IMAGE, byte_count=300 * 2**20)

    assert choose_together(number(large, IMAGE)) == [1]
    assert choose_together(number(IMAGE, IMAGE, large, IMAGE)) == [1, 2]


def test_a_report_goes_alone_and_nothing_overtakes_it() -> None:
    report = replace(IMAGE, kind=Kind.REPORT, image_count=0)

    assert choose_together(number(report, report, IMAGE)) == [1]
    assert choose_together(number(IMAGE, report, IMAGE)) == [1]


def test_a_node_that_was_away_is_tried_with_one_alone() -> None:
    assert choose_together(number(replace(IMAGE, node_was_away=True), IMAGE)) == [1]
