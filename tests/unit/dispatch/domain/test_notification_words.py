"""The words of mails: in the language of who is told, with the page, without a patient."""

import pytest

from app.dispatch.domain.notification import Purpose
from app.dispatch.domain.notification_words import (
    find_place,
    write_alarm,
    write_call,
    write_offer,
)


@pytest.mark.parametrize(("language", "word"), [("fr", "proposé"), ("en", "offered")])
def test_an_offer_names_the_case_its_priority_its_site_and_where_to_look(
    language: str, word: str
) -> None:
    subject, text = write_offer(case_id=12, priority="P1", site="S7", language=language)

    assert word in subject
    assert {"12", "P1"} <= set(subject.replace("(", " ").replace(")", " ").split())
    assert "S7" in text
    assert "/cases/12" in text


@pytest.mark.parametrize(("language", "word"), [("fr", "ALARME"), ("en", "ALARM")])
def test_the_alarm_says_so_and_leads_to_who_is_on_call(language: str, word: str) -> None:
    subject, text = write_alarm(language)

    assert word in subject
    assert "/on-call" in text


@pytest.mark.parametrize(("language", "word"), [("fr", "renfort"), ("en", "backup line")])
def test_the_call_of_the_backup_line_says_so(language: str, word: str) -> None:
    subject, text = write_call(language)

    assert word in subject
    assert word in text.replace("\n", " ")


@pytest.mark.parametrize(
    ("purpose", "case_id", "path"),
    [
        (Purpose.OFFER, 12, "/cases/12"),
        (Purpose.TELEPHONE_TEST, None, "/handover"),
        (Purpose.MASS_SILENCE, None, "/on-call"),
        (Purpose.BACKUP_CALL, None, "/"),
    ],
)
def test_each_purpose_has_its_page(purpose: Purpose, case_id: int | None, path: str) -> None:
    assert find_place(purpose, case_id=case_id) == path
