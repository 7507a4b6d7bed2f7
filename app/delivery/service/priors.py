"""Use cases that send the earlier studies of a patient after the images that are to be read."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.grouping import names_somebody
from app.cases.models import Case
from app.delivery.domain.priors import choose_priors
from app.delivery.repository import priors
from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import read_value
from app.dispatch.repository.exam_kinds import map_kinds


async def renew_priors(session: AsyncSession, *, case_id: int, now: datetime) -> tuple[int, ...]:
    """Choose the priors of a case, in place of those chosen before, and keep the choice.

    There are none while it is not certain whose images the case has.
    """
    study_ids = await _choose(session, await cases.get_case(session, case_id))
    await priors.keep_choice(session, case_id=case_id, study_ids=study_ids, now=now)
    return study_ids


async def _choose(session: AsyncSession, case: Case) -> tuple[int, ...]:
    most = await read_value(session, SettingKey.PRIORS_TO_READER, site_id=case.site_id)
    members = await cases.list_members(session, case.id)
    if not most or not members or any(each.is_identity_open for each in members):
        return ()
    dummies = await read_value(session, SettingKey.DUMMY_PATIENT_IDS, site_id=case.site_id)
    identities = {each.patient_id for each in await cases.list_studies(session, case.id)}
    if len(identities) > 1 or not names_somebody(members[0].patient, dummies=dummies):
        return ()
    (patient_id,) = identities
    found = await priors.list_priors(session, patient_id=patient_id, case_id=case.id)
    kinds = await map_kinds(session, [case.id])
    return choose_priors(found, kind=kinds[case.id], most=most)
