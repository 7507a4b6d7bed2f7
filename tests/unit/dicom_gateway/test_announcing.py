import uuid
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.config import disable_value_validation

from app.intake.domain.announcements import AnnouncementHeard, Source
from app.store.files import NoRoom, NotWritten
from dicom_gateway import announcing as module
from dicom_gateway.announcing import Announcing
from dicom_gateway.journal_lines import read_line, write_heard
from dicom_gateway.notices import (
    COMMITMENT_CLASS,
    COMMITMENT_INSTANCE,
    LARGEST_DATA_SET_BYTES,
    MPPS_CLASS,
    Answer,
    Notice,
    NoticeKind,
)
from tests.factories.encoded import encode_data_set
from tests.factories.steps import (
    make_commitment,
    make_step_begin,
    make_step_end,
)

AT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
STEP = "1.2.3.4"
CREATE, SET, ACTION = NoticeKind.CREATE, NoticeKind.SET, NoticeKind.ACTION


class Desk:
    """What hears notices, and what it has written."""

    def __init__(self) -> None:
        self.heard: list[AnnouncementHeard] = []
        self.fault: Exception | None = None
        self._announcing = Announcing(write=self._write, read_clock=lambda: AT)

    def _write(self, heard: AnnouncementHeard) -> None:
        if self.fault is not None:
            raise self.fault
        self.heard.append(heard)

    def take(
        self,
        kind: NoticeKind,
        data: Dataset | bytes,
        *,
        uid: str = STEP,
        sop_class: str = MPPS_CLASS,
        action: int | None = None,
        sender_id: int = 7,
    ) -> Answer:
        with disable_value_validation():
            raw = data if isinstance(data, bytes) else encode_data_set(data)
        notice = Notice(
            kind=kind,
            sop_class_uid=sop_class,
            sop_instance_uid=uid,
            transfer_syntax_uid="1.2.840.10008.1.2.1",
            data_set=raw,
            action_type=action,
        )
        return self._announcing.take(notice, sender_id=sender_id, association_id=uuid.uuid4())

    def commit(self, data: Dataset | bytes, *, uid: str = COMMITMENT_INSTANCE) -> Answer:
        return self.take(ACTION, data, uid=uid, sop_class=COMMITMENT_CLASS, action=1)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_step_announces_its_instances_when_it_is_completed(desk: Desk) -> None:
    begun = desk.take(CREATE, make_step_begin("1.9"))
    ended = desk.take(SET, make_step_end(["1.1", "1.2"], ["1.3"], others=["1.4"]))

    assert (begun.status, ended.status) == (0, 0)
    first, last = desk.heard
    assert (first.study_instance_uid, first.is_final, first.instance_count) == ("1.9", False, None)
    assert (last.study_instance_uid, last.is_final, last.instance_count) == ("1.9", True, 4)
    assert sorted(last.sop_instance_uids) == ["1.1", "1.2", "1.3", "1.4"]
    assert {each.step_uid for each in desk.heard} == {STEP}
    assert {each.source for each in desk.heard} == {Source.MPPS}


def test_a_step_that_was_discontinued_announces_what_there_is(desk: Desk) -> None:
    desk.take(CREATE, make_step_begin("1.9"))

    desk.take(SET, make_step_end(["1.1"], state="DISCONTINUED"))

    assert (desk.heard[-1].is_final, desk.heard[-1].instance_count) == (True, 1)


def test_what_a_step_says_while_it_goes_on_announces_nothing(desk: Desk) -> None:
    desk.take(CREATE, make_step_begin("1.9"))

    answers = [
        desk.take(SET, make_step_end(["1.1"], state="IN PROGRESS")),
        desk.take(SET, Dataset()),
    ]

    assert [each.status for each in answers] == [0, 0]
    assert len(desk.heard) == 1


def test_a_step_of_two_studies_leaves_its_instances_to_the_index(desk: Desk) -> None:
    desk.take(CREATE, make_step_begin("1.8", "1.9"))
    desk.take(SET, make_step_end(["1.1"]))

    assert [each.study_instance_uid for each in desk.heard] == ["1.8", "1.9", ""]


def test_the_end_of_a_step_that_began_before_us_is_taken(desk: Desk) -> None:
    assert desk.take(SET, make_step_end(["1.1"])).status == 0
    assert desk.heard[0].study_instance_uid == ""


def test_a_step_is_begun_once_and_over_once(desk: Desk) -> None:
    desk.take(CREATE, make_step_begin("1.9"))
    again = desk.take(CREATE, make_step_begin("1.9"))
    desk.take(SET, make_step_end(["1.1"]))
    late = desk.take(SET, make_step_end(["1.1", "1.2"]))
    of_another = desk.take(CREATE, make_step_begin("1.9"), sender_id=8)

    assert again == Answer(0x0111)
    assert late == Answer(0x0110, error_id=0xA506)
    assert of_another.status == 0
    assert len(desk.heard) == 3


def test_a_step_without_a_name_is_given_one(desk: Desk) -> None:
    answer = desk.take(CREATE, make_step_begin("1.9"), uid="")

    assert answer.sop_instance_uid.startswith("2.25.")
    assert desk.heard[0].step_uid == answer.sop_instance_uid


def test_a_list_of_commitment_is_taken_and_commitment_refused(desk: Desk) -> None:
    answer = desk.commit(make_commitment("1.1", "1.2"))

    assert answer == Answer(0x0124)
    (heard,) = desk.heard
    assert (heard.source, heard.study_instance_uid) == (Source.COMMITMENT, "")
    assert (heard.step_uid, heard.sop_instance_uids) == ("1.2.3.9", ("1.1", "1.2"))


def test_of_a_list_that_is_too_long_the_number_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_NAMED", 2)

    desk.take(SET, make_step_end(["1.1", "1.2", "1.3"]))

    assert (desk.heard[0].sop_instance_uids, desk.heard[0].instance_count) == ((), 3)


@pytest.mark.parametrize(
    ("kind", "data", "uid", "status"),
    [
        (CREATE, make_step_begin("1.9", state=None), STEP, 0x0120),
        (CREATE, make_step_begin(), STEP, 0x0120),
        (CREATE, Dataset(), STEP, 0x0120),
        (CREATE, b"", STEP, 0x0120),
        (CREATE, make_step_begin("1.9", state="COMPLETED"), STEP, 0x0106),
        (CREATE, make_step_begin("1.9", state="SOMEHOW"), STEP, 0x0106),
        (CREATE, make_step_begin("nonsense"), STEP, 0x0106),
        (CREATE, make_step_begin("1.9"), "not a uid", 0x0106),
        (SET, make_step_end(["'; DROP TABLE study"]), STEP, 0x0106),
        (SET, make_step_end(["1.1"], state="SOMEHOW"), STEP, 0x0106),
        (SET, make_step_end(["1.1"]), "", 0x0112),
        (SET, b"nonsense", STEP, 0x0110),
        (SET, b"\0" * (LARGEST_DATA_SET_BYTES + 1), STEP, 0x0213),
    ],
)
def test_a_step_that_is_wrong_is_refused_for_the_right_reason(
    desk: Desk, kind: NoticeKind, data: Dataset | bytes, uid: str, status: int
) -> None:
    assert desk.take(kind, data, uid=uid).status == status
    assert desk.heard == []


@pytest.mark.parametrize(
    ("data", "uid", "action", "status"),
    [
        (make_commitment("1.1"), "1.2.3", 1, 0x0112),
        (make_commitment("1.1"), COMMITMENT_INSTANCE, 2, 0x0123),
        (make_commitment("1.1"), COMMITMENT_INSTANCE, None, 0x0123),
        (make_commitment(), COMMITMENT_INSTANCE, 1, 0x0120),
        (make_commitment("1.1", transaction_uid=""), COMMITMENT_INSTANCE, 1, 0x0106),
        (make_commitment("x" * 70), COMMITMENT_INSTANCE, 1, 0x0106),
        (b"\1\2\3", COMMITMENT_INSTANCE, 1, 0x0110),
    ],
)
def test_a_request_of_commitment_that_is_wrong_is_refused_for_the_right_reason(
    desk: Desk, data: Dataset | bytes, uid: str, action: int | None, status: int
) -> None:
    answer = desk.take(ACTION, data, uid=uid, sop_class=COMMITMENT_CLASS, action=action)

    assert answer.status == status
    assert desk.heard == []


@pytest.mark.parametrize("kind", NoticeKind)
def test_another_class_than_was_agreed_on_is_refused(desk: Desk, kind: NoticeKind) -> None:
    answer = desk.take(kind, make_step_begin("1.9"), sop_class="1.2.840.10008.5.1.1.1", action=1)

    assert answer == Answer(0x0118)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (NoRoom("no room"), 0x0213),
        (NotWritten("the disk refuses"), 0x0110),
        (RuntimeError("a fault of ours"), 0x0110),
    ],
)
def test_what_could_not_be_written_down_was_not_taken(
    desk: Desk, fault: Exception, status: int
) -> None:
    desk.fault = fault
    refused = desk.take(CREATE, make_step_begin("1.9"))
    desk.fault = None
    taken = desk.take(CREATE, make_step_begin("1.9"))

    assert (refused.status, taken.status) == (status, 0)


def test_the_memory_of_steps_has_an_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_STEPS", 3)
    for number in range(5):
        desk.take(CREATE, make_step_begin("1.9"), uid=f"1.{number}")

    assert desk.take(CREATE, make_step_begin("1.9"), uid="1.0").status == 0
    assert desk.take(CREATE, make_step_begin("1.9"), uid="1.4").status == 0x0111


@given(st.binary(max_size=400), st.sampled_from(NoticeKind))
def test_no_data_set_whatever_ends_in_an_exception(data: bytes, kind: NoticeKind) -> None:
    desk = Desk()
    sop_class = COMMITMENT_CLASS if kind is ACTION else MPPS_CLASS
    uid = COMMITMENT_INSTANCE if kind is ACTION else STEP

    answer = desk.take(kind, data, uid=uid, sop_class=sop_class, action=1)

    assert answer.status in {0, 0x0106, 0x0110, 0x0120, 0x0124}


_numbers = count()


@given(
    source=st.sampled_from([Source.MPPS, Source.COMMITMENT]),
    uids=st.lists(st.from_regex(r"[0-9.]{1,64}", fullmatch=True), max_size=5),
    number=st.none() | st.integers(0, 10**6),
    is_final=st.booleans(),
)
def test_a_line_of_the_journal_is_read_as_it_was_written(
    source: Source, uids: list[str], number: int | None, *, is_final: bool
) -> None:
    heard = AnnouncementHeard(
        announcement_id=uuid.UUID(int=next(_numbers)),
        sender_id=3,
        source=source,
        study_instance_uid=uids[0] if uids else "",
        step_uid=STEP,
        said_at=AT,
        instance_count=number,
        sop_instance_uids=tuple(uids),
        is_final=is_final,
    )

    line = write_heard(heard)

    assert read_line(line) == heard
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert read_line(line[: len(line) // 2]) is None
