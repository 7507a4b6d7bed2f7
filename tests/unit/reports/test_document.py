"""A document that contradicts itself is refused before anything is rendered."""

from dataclasses import replace
from datetime import datetime

import pytest

from app.reports.domain.document import DocumentKind
from tests.factories.reports import SIGNED_AT, make_addendum, make_document, make_withdrawal


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 21, 23, 40)  # noqa: DTZ001 - that is the point

    with pytest.raises(ValueError, match="without a time zone"):
        make_document(signed_at=naive)


def test_an_addendum_without_its_text_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be of kind addendum"):
        make_document(version=2, kind=DocumentKind.ADDENDUM)


def test_a_second_version_is_an_addendum() -> None:
    addendum = make_addendum(make_document(), text="Ajout.")

    with pytest.raises(ValueError, match="cannot be of kind report"):
        replace(addendum, kind=DocumentKind.REPORT)


def test_an_addendum_of_a_study_that_came_later_has_no_predecessor() -> None:
    addendum = make_addendum(make_document(), text="Ajout.")

    assert replace(addendum, predecessors=()).addenda[0].signed_at > SIGNED_AT


def test_a_withdrawal_follows_a_report_and_says_what_it_withdraws() -> None:
    withdrawal = make_withdrawal(make_document(), reason="Erreur de patient.")

    assert withdrawal.withdrawal is not None
    with pytest.raises(ValueError, match="cannot be of kind withdrawal"):
        replace(withdrawal, withdrawal=None)
    with pytest.raises(ValueError, match="cannot be of kind withdrawal"):
        replace(withdrawal, version=1)
    with pytest.raises(ValueError, match="cannot be of kind report"):
        replace(withdrawal, kind=DocumentKind.REPORT)


def test_a_new_report_may_follow_a_withdrawal() -> None:
    withdrawal = make_withdrawal(make_document(), reason="Erreur de patient.")

    again = replace(withdrawal, kind=DocumentKind.REPORT, version=3, withdrawal=None)

    assert (again.version, again.addenda) == (3, ())
