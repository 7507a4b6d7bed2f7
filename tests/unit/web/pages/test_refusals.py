"""Why the planning refuses something: in the reader's language, with local times."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from app.planning.domain.calendar_flaws import find_doubled, find_flaw
from app.planning.domain.errors import SegmentsDoNotFit, SegmentsInUse
from app.planning.domain.segments import EVERY_DAY, SegmentRule, default_rules
from app.planning.service.cessions import SharedAlready
from app.web.pages.refusals import tell_refusal
from app.web.pages.texts import texts_of

PARIS = ZoneInfo("Europe/Paris")
FIRST = date(2026, 1, 1)


def tell(reason: str, language: str = "fr") -> str:
    return tell_refusal(reason, texts=texts_of(language), zone=PARIS)


def hole() -> str:
    whole = default_rules(zone=PARIS, valid_from=FIRST)
    flaw = find_flaw([each for each in whole if each.segment != "evening"])
    assert flaw is not None
    return SegmentsDoNotFit(flaw).message


def overlap() -> str:
    rule = SegmentRule(
        segment="night",
        days=EVERY_DAY,
        start=time(20),
        end=time(8),
        zone=PARIS,
        valid_from=FIRST,
    )
    flaw = find_doubled([rule, rule])
    assert flaw is not None
    return SegmentsDoNotFit(flaw).message


def test_a_hole_is_named_on_the_wall_with_its_segments() -> None:
    told = tell(hole(), "en")

    assert told.startswith("the segments must cut every week exactly, but no segment covers ")
    assert "“Day” ends there and “Deep night” begins only at" in told
    assert "T17:30:00" not in told


@pytest.mark.parametrize(
    ("reason", "french"),
    (
        (hole(), "aucune plage ne couvre"),
        (overlap(), "« night » et « night » couvrent toutes deux"),
        (
            SegmentsInUse(on=FIRST, planned_until=date(2026, 3, 1)).message,
            "des gardes sont tracées jusqu’au 1 mars 2026",
        ),
        (SharedAlready(name="T1 d'hiver", start=FIRST).message, "le planning « T1 d'hiver »"),
        (
            "no segment covers 2026-01-01T00:00:00+00:00 (when 2026-01-01 is a holiday)",
            "(si 1 janv. 2026 est férié)",
        ),
    ),
)
def test_reasons_of_the_rules_are_told_in_french(reason: str, french: str) -> None:
    assert french in tell(reason)


def test_what_nobody_translated_stays_as_it_is() -> None:
    assert tell("something else entirely") == "something else entirely"


def test_an_instant_is_written_on_the_wall_of_the_zone() -> None:
    at = datetime(2026, 7, 1, 18, 30, tzinfo=UTC)

    assert "20:30" in tell(f"no segment covers {at.isoformat()}")
