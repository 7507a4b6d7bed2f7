"""Class studies by the rules of their site; or by a click, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import ValuesInForce
from app.intake.domain.classes import (
    Classed,
    ClassRule,
    IntakeClass,
    StudyFacts,
    is_archive,
    is_older,
)
from app.intake.domain.classes import classify as decide
from app.intake.domain.identity import is_dummy
from app.intake.domain.rule_sets import check_rules
from app.intake.domain.study_time import read_made_at
from app.intake.events import StudyReclassed
from app.intake.models import Study
from app.intake.repository import classes as repository
from app.intake.repository.classes import StudyToClass
from app.intake.repository.studies import StudyWithNews
from app.intake.service.found import check_reason, lock_study, person_of
from app.kit.errors import Conflict
from app.settings import Settings

CLASS_KEYS = (SettingKey.PRIOR_HOURS, SettingKey.DUMMY_PATIENT_IDS)
"""The settings by which a study is classed."""


async def classify(
    session: AsyncSession,
    found: Sequence[StudyWithNews],
    *,
    values: Mapping[int, ValuesInForce],
    settings: Settings,
) -> None:
    """Class studies that have news, once: later news, and later rules, leave a class alone.

    A study that is no case has no news any more afterwards. One of paper only waits for its images:
    it counts as a case that nothing opens.

    Parameters
    ----------
    found
        Studies that the caller has locked.
    values
        Of `CLASS_KEYS`, in force at their sites.
    """
    for each in found:
        if each.study.intake_class is None and each.study.image_count:
            classed = await _class_by_rules(
                session, each, values=values[each.study.site_id], ae_title=settings.ae_title
            )
            each.study.intake_class = classed.intake_class.value
            each.study.intake_reason = classed.reason
            each.study.intake_rule_set_id = each.rule_set_id
        if each.study.intake_class not in {None, IntakeClass.CASE.value}:
            each.study.announced_count = each.study.instance_count


async def _class_by_rules(
    session: AsyncSession,
    found: StudyWithNews,
    *,
    values: ValuesInForce,
    ae_title: str,
) -> Classed:
    hours = values[SettingKey.PRIOR_HOURS]
    facts = make_facts(found, patient_seen=False)
    if is_older(facts, than=timedelta(hours=hours)) and not facts.sender_is_archive:
        seen = await _is_patient_seen(session, found, values=values)
        facts = replace(facts, patient_seen=seen)
    rules = list_rules_of(found.study, check_rules(found.rules))
    return decide(facts, rules=rules, ae_title=ae_title, prior_hours=hours)


async def _is_patient_seen(
    session: AsyncSession, found: StudyToClass, *, values: ValuesInForce
) -> bool:
    if is_dummy(found.patient.patient_id, dummies=values[SettingKey.DUMMY_PATIENT_IDS]):
        return False
    beside = await repository.list_of_patient(session, found)
    return is_recent_among(beside, zone=found.zone, hours=values[SettingKey.PRIOR_HOURS])


def list_rules_of(study: Study, rules: Sequence[ClassRule]) -> list[ClassRule]:
    """List the rules that hold for a study, in order.

    While its site is the sender's default, nobody knows whose contract it is: it is out of none.
    """
    return [
        each
        for each in rules
        if not (study.site_to_confirm and each.intake_class is IntakeClass.OUT_OF_CONTRACT)
    ]


def is_recent_among(studies: Sequence[Study], *, zone: str, hours: int) -> bool:
    """Tell whether one of the studies was made shortly before it came."""
    span = timedelta(hours=hours)
    for each in studies:
        made_at = read_made_at(each.study_date, each.study_time, zone=ZoneInfo(zone))
        if made_at is not None and each.first_image_at - made_at <= span:
            return True
    return False


def make_facts(found: StudyToClass, *, patient_seen: bool) -> StudyFacts:
    """Gather what the rules look at."""
    study, sender = found.study, found.sender
    return StudyFacts(
        called_ae_title=study.called_ae_title,
        calling_ae_title=study.calling_ae_title,
        sender_id=study.sender_id,
        modalities=frozenset(study.modalities),
        station_name=study.station_name,
        study_description=study.study_description,
        patient_id=found.patient.patient_id,
        patient_name=found.patient.patient_name,
        made_at=read_made_at(study.study_date, study.study_time, zone=ZoneInfo(found.zone)),
        arrived_at=study.first_image_at,
        sender_is_archive=is_archive(
            (sender.name, sender.ae_title),
            answers_queries=sender.endpoint_id is not None,
            has_site_rules=sender.has_site_rules,
        ),
        patient_seen=patient_seen,
    )


def class_again(
    found: StudyToClass,
    *,
    rules: Sequence[ClassRule],
    settings: Settings,
    hours: int,
    patient_seen: bool,
) -> Classed:
    """Tell what other rules would have made of a study that is classed."""
    facts = make_facts(found, patient_seen=patient_seen)
    return decide(
        facts,
        rules=list_rules_of(found.study, rules),
        ae_title=settings.ae_title,
        prior_hours=hours,
    )


async def reclass(
    session: AsyncSession,
    study_id: int,
    *,
    intake_class: IntakeClass,
    actor: Actor,
    reason: str,
    now: datetime,
) -> StudyReclassed:
    """Class a study by hand; what becomes a case has news again, so that one opens.

    Raises
    ------
    StudyUnknown
        If there is no such study.
    Conflict
        If it has this class already: somebody was faster; or it is to be a case whose images are
        gone: nobody could read it.
    Invalid
        If no reason is given.
    """
    why = check_reason(reason)
    found = await lock_study(session, study_id)
    require(actor, Permission.STUDY_SORT, site_id=found.study.site_id, society_id=found.society_id)
    study, was = found.study, found.study.intake_class
    await _check_changeable(session, study, intake_class=intake_class)
    study.intake_class = intake_class.value
    study.intake_reason = why
    study.intake_by = person_of(actor)
    study.intake_rule_set_id = None
    study.announced_count = 0 if intake_class is IntakeClass.CASE else study.instance_count
    await session.flush()
    return StudyReclassed(
        study_id=study_id,
        intake_class=intake_class,
        was=None if was is None else IntakeClass(was),
        by_user_id=person_of(actor),
        reason=why,
        at=now,
    )


async def _check_changeable(
    session: AsyncSession, study: Study, *, intake_class: IntakeClass
) -> None:
    if study.intake_class == intake_class.value:
        raise Conflict(f"study {study.id} is {study.intake_class} already")
    if intake_class is IntakeClass.CASE and await repository.has_lost_all(session, study.id):
        msg = f"the images of study {study.id} were removed by age; ask for them again, then click"
        raise Conflict(msg)
