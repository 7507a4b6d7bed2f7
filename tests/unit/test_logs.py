"""No patient reaches a log."""

import json
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog

from app import logs


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """Give what is written to standard error."""
    stream = StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    before = structlog.get_config()
    logs.configure_logging("json")
    yield stream
    structlog.configure(**before)


def test_a_field_that_may_hold_patient_data_is_dropped_whoever_logs_it(written: StringIO) -> None:
    structlog.get_logger("x").info(
        "study_seen", study_id=7, patient_name="DUPONT^JEANNE", findings="fracture"
    )

    line = json.loads(written.getvalue())
    assert line["event"] == "study_seen"
    assert line["study_id"] == 7
    assert "DUPONT" not in written.getvalue()
    assert "fracture" not in written.getvalue()


def test_an_exception_leaves_its_place_and_not_its_words(written: StringIO) -> None:
    try:
        float("bad value 'DUPONT^JEANNE'")
    except ValueError as error:
        structlog.get_logger("x").error("job_failed", exc_info=error)

    line = json.loads(written.getvalue())
    assert line["error"] == "ValueError"
    assert "test_logs.py" in line["at"][-1]
    assert "DUPONT" not in written.getvalue()


def test_a_bound_id_is_on_every_line(written: StringIO) -> None:
    with structlog.contextvars.bound_contextvars(case_id=3):
        structlog.get_logger("x").info("case_opened")

    assert json.loads(written.getvalue())["case_id"] == 3
