"""Sets of intake rules: a new version each time, with what it would have done last month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import read_value
from app.intake.domain.classes import ClassRule, IntakeClass
from app.intake.domain.identity import is_dummy
from app.intake.domain.rule_sets import Effect, check_rules, compare_classes, write_rules
from app.intake.models import IntakeRuleSet, Study
from app.intake.repository import classes as repository
from app.intake.repository.classes import StudyToClass
from app.intake.service.classes import class_again, is_recent_among
from app.intake.service.found import person_of
from app.kit.errors import Conflict, Invalid, NotFound
from app.settings import Settings

LOOK_BACK = timedelta(days=30)
_LONGEST_NOTE = 500
_DAY = timedelta(days=1)


class SiteUnknown(NotFound):
    """There is no such site."""


class NearlyNoCase(Conflict):
    """The set would make nearly all studies no cases: it is saved when somebody insists.

    Parameters
    ----------
    effect
        On the studies of the last 30 days.
    """

    def __init__(self, effect: Effect) -> None:
        lost = effect.examined - effect.after[IntakeClass.CASE]
        counts = ", ".join(f"{count} {name}" for name, count in effect.after.items())
        super().__init__(
            f"with these rules {lost} of the {effect.examined} studies of the last 30 days would"
            f" ring nobody ({counts}); confirm it if that is meant"
        )
        self.effect = effect


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetView:
    """A set of rules, who made it and when; the newest is in force."""

    id: int
    site_id: int
    made_at: datetime
    made_by: int
    made_by_name: str
    note: str
    rules: Sequence[Mapping[str, object]]


async def list_rule_sets(
    session: AsyncSession, site_id: int, *, limit: int, before: int | None = None
) -> list[RuleSetView]:
    """List the sets that a site had, newest first."""
    rows = await repository.list_rule_sets(session, site_id=site_id, limit=limit, before=before)
    return [
        RuleSetView(
            id=row.id,
            site_id=row.site_id,
            made_at=row.made_at,
            made_by=row.made_by,
            made_by_name=name,
            note=row.note,
            rules=row.rules["rules"],
        )
        for row, name in rows
    ]


async def preview(
    session: AsyncSession,
    site_id: int,
    rules: Sequence[Mapping[str, object]],
    *,
    settings: Settings,
    now: datetime,
) -> Effect:
    """Tell what a set would have done to the studies of the last 30 days; nothing is saved.

    What a person classed, and what came back from a centre, stays as it is.

    Raises
    ------
    InvalidField
        If a rule is none.
    """
    checked = check_rules(rules)
    return await _find_effect(session, site_id, checked, settings=settings, now=now)


async def save_rules(
    session: AsyncSession,
    site_id: int,
    *,
    rules: Sequence[Mapping[str, object]],
    note: str,
    confirmed: bool,
    actor: Actor,
    settings: Settings,
    now: datetime,
) -> IntakeRuleSet:
    """Put a new set in force; studies keep the class they have.

    Raises
    ------
    InvalidField
        If a rule is none.
    SiteUnknown
        If there is no such site.
    NearlyNoCase
        If more than 90 % of last month's studies would be no cases, and nobody confirmed it.
    """
    site = await repository.lock_site(session, site_id)
    if site is None:
        raise SiteUnknown(f"there is no site {site_id}")
    require(actor, Permission.SENDER_WRITE, site_id=site_id, society_id=site.society_id)
    checked = check_rules(rules)
    effect = await _find_effect(session, site_id, checked, settings=settings, now=now)
    if effect.is_suspicious and not confirmed:
        raise NearlyNoCase(effect)
    row = IntakeRuleSet(
        site_id=site_id,
        made_at=now,
        made_by=person_of(actor),
        rules={"rules": write_rules(checked)},
        note=_check_note(note),
    )
    await repository.add_rule_set(session, row)
    return row


def _check_note(note: str) -> str:
    if len(note) > _LONGEST_NOTE:
        raise Invalid(f"a note has at most {_LONGEST_NOTE} characters")
    return note.strip()


async def _find_effect(
    session: AsyncSession,
    site_id: int,
    rules: Sequence[ClassRule],
    *,
    settings: Settings,
    now: datetime,
) -> Effect:
    found = await repository.list_classed(session, site_id=site_id, since=now - LOOK_BACK)
    hours = await read_value(session, SettingKey.PRIOR_HOURS, site_id=site_id)
    dummies = await read_value(session, SettingKey.DUMMY_PATIENT_IDS, site_id=site_id)
    by_patient: dict[tuple[object, ...], list[Study]] = {}
    for each in found:
        if not is_dummy(each.patient.patient_id, dummies=dummies):
            by_patient.setdefault(_patient_of(each), []).append(each.study)
    pairs = []
    for each in found:
        before = IntakeClass(each.study.intake_class or IntakeClass.CASE)
        beside = _list_beside(each, by_patient.get(_patient_of(each), ()))
        after = class_again(
            each,
            rules=rules,
            settings=settings,
            hours=hours,
            patient_seen=is_recent_among(beside, zone=each.zone, hours=hours),
        ).intake_class
        pairs.append((before, before if _is_fixed(each) else after))
    return compare_classes(pairs)


def _patient_of(found: StudyToClass) -> tuple[object, ...]:
    """Name the patient, and the device: see `list_of_patient`."""
    study = found.study
    return study.domain_id, found.patient.patient_id, study.sender_id, study.station_name


def _list_beside(found: StudyToClass, studies: Sequence[Study]) -> list[Study]:
    at = found.study.first_image_at
    return [
        each
        for each in studies
        if each.id != found.study.id and abs(each.first_image_at - at) <= _DAY
    ]


def _is_fixed(found: StudyToClass) -> bool:
    return found.study.intake_by is not None or found.sender.centre_id is not None
