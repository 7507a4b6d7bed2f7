"""The mails that tell a hospital how a case of its own stands."""

from datetime import UTC, datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from app.delivery.domain.notices import CaseTold, Notice, write_notice

PARIS = ZoneInfo("Europe/Paris")
TOLD = CaseTold(
    case_id=12,
    priority="P1",
    first_image_at=datetime(2026, 11, 20, 21, 0, tzinfo=UTC),
    at=datetime(2026, 11, 20, 21, 6, tzinfo=UTC),
)


@pytest.mark.parametrize(("notice", "language"), list(product(Notice, ["fr", "en"])))
def test_every_notice_names_the_case_and_the_hours_of_the_hospital(
    notice: Notice, language: str
) -> None:
    words = write_notice(notice, TOLD, language=language, zone=PARIS)

    assert "12 (P1)" in words.subject
    assert words.subject.isprintable()
    assert "22:00" in words.text
    assert "22:06" in words.text
    assert "{" not in words.text


def test_the_two_notices_say_opposite_things() -> None:
    fallback = write_notice(Notice.FALLBACK, TOLD, language="fr", zone=PARIS)
    taken = write_notice(Notice.TAKEN, TOLD, language="fr", zone=PARIS)

    assert "procédure dégradée" in fallback.text
    assert "annule" in taken.text
    assert fallback.subject != taken.subject
