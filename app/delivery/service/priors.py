"""Use cases that send the earlier studies of a patient after the images that are to be read."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.grouping import names_somebody
from app.delivery.domain.priors import choose_priors
from app.delivery.repository import priors
from app.delivery.repository.priors import StudyOfCase
from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import read_value
from app.dispatch.repository.exam_kinds import map_kinds


async def renew_priors(
    session: AsyncSession, case_id: int, studies: Sequence[StudyOfCase], *, now: datetime
) -> tuple[int, ...]:
    """Choose the priors of a case, in place of those chosen before, and keep the choice.

    There are none while it is not certain whose images the case has.

    Parameters
    ----------
    studies
        That the case has now.
    """
    study_ids = await _choose(session, case_id, studies)
    if study_ids or any(each.has_priors for each in studies) or not studies:
        await priors.keep_choice(session, case_id=case_id, study_ids=study_ids, now=now)
    return study_ids


async def _choose(
    session: AsyncSession, case_id: int, studies: Sequence[StudyOfCase]
) -> tuple[int, ...]:
    identities = {each.identity_id for each in studies}
    if len(identities) != 1 or any(each.is_identity_open for each in studies):
        return ()
    found = await priors.list_priors(session, patient_id=studies[0].identity_id, case_id=case_id)
    if not found:
        return ()
    site_id = studies[0].site_id
    dummies = await read_value(session, SettingKey.DUMMY_PATIENT_IDS, site_id=site_id)
    if not names_somebody(studies[0].patient, dummies=dummies):
        return ()
    most = await read_value(session, SettingKey.PRIORS_TO_READER, site_id=site_id)
    kinds = await map_kinds(session, [case_id])
    return choose_priors(found, kind=kinds[case_id], most=most)
