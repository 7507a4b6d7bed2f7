"""What a study is to the volumes."""

from datetime import UTC, datetime, timedelta

from app.planning.domain.volumes.counting import Kind
from app.planning.domain.volumes.studies import ArrivedStudy, read_studies

AT = datetime(2026, 3, 4, 20, tzinfo=UTC)


def arrive(
    minutes: int = 0,
    *,
    intake_class: str = "case",
    case_id: int | None = 1,
    modalities: tuple[str, ...] = ("CT",),
    accession_number: str = "A1",
    taken: str = "20260304205500",
    came_again: bool = False,
) -> ArrivedStudy:
    return ArrivedStudy(
        site=10,
        at=AT + timedelta(minutes=minutes),
        intake_class=intake_class,
        case_id=case_id,
        modalities=modalities,
        regions=(),
        accession_number=accession_number,
        taken=taken,
        came_again=came_again,
    )


def kinds(*studies: ArrivedStudy) -> list[Kind]:
    return [each.kind for each in read_studies(studies)]


def test_tests_and_priors_are_no_exams() -> None:
    assert kinds(
        arrive(0),
        arrive(1, intake_class="test", case_id=None),
        arrive(2, intake_class="prior", case_id=None),
    ) == [Kind.EXAM, Kind.TEST, Kind.PRIOR]


def test_the_study_of_a_voided_case_is_nothing() -> None:
    assert kinds(arrive(case_id=None)) == []


def test_the_same_exam_under_another_uid_was_sent_again() -> None:
    assert kinds(arrive(5), arrive(0)) == [Kind.EXAM, Kind.RESEND]
    assert [each.at for each in read_studies([arrive(5), arrive(0)])] == [
        AT,
        AT + timedelta(minutes=5),
    ]


def test_what_differs_in_anything_is_another_exam() -> None:
    first = arrive()
    others = [
        arrive(1, case_id=2),
        arrive(1, modalities=("CT", "SR")),
        arrive(1, accession_number="A2"),
        arrive(1, taken="20260304210000"),
    ]

    for other in others:
        assert kinds(first, other) == [Kind.EXAM, Kind.EXAM]


def test_studies_that_do_not_say_which_order_or_when_are_exams_of_their_own() -> None:
    assert kinds(arrive(0, accession_number=""), arrive(1, accession_number="")) == [Kind.EXAM] * 2
    assert kinds(arrive(0, taken=""), arrive(1, taken="")) == [Kind.EXAM] * 2


def test_images_that_came_again_are_one_more_and_their_exam_counts_once() -> None:
    assert kinds(arrive(came_again=True)) == [Kind.EXAM, Kind.RESEND]
    assert kinds(arrive(came_again=True, intake_class="test", case_id=None)) == [Kind.TEST]
