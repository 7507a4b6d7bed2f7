from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM, Actor, Grant, InvalidField, PermissionDenied, Role
from app.directory.domain.setting_keys import SettingKey
from app.directory.service import settings_history
from app.kit.errors import NotAllowed
from tests.factories.dicom import ACQUIRED_AT as NOW
from tests.factories.directory import add_site, add_society, add_user

pytestmark = pytest.mark.asyncio
KEY = SettingKey.GROUPING_MINUTES


async def make_admin(session: AsyncSession) -> Actor:
    user = await add_user(session)
    return Actor(user_id=user.id, name="Admin", grants=(Grant(Role.GCS_ADMIN),))


async def test_a_setting_that_nobody_set_has_its_default(session: AsyncSession) -> None:
    assert await settings_history.read_value(session, KEY) == 60
    assert "0000" in await settings_history.read_value(session, SettingKey.DUMMY_PATIENT_IDS)


async def test_a_site_s_own_value_goes_before_the_group_s(session: AsyncSession) -> None:
    admin = await make_admin(session)
    society = await add_society(session)
    site = await add_site(session, society_id=society.id)
    other = await add_site(session, society_id=society.id)

    await settings_history.set_value(session, KEY, value=30, actor=admin, now=NOW, site_id=site.id)
    await settings_history.set_value(session, KEY, value=45, actor=admin, now=NOW)

    assert await settings_history.read_value(session, KEY) == 45
    assert await settings_history.read_value(session, KEY, site_id=other.id) == 45
    assert await settings_history.read_value(session, KEY, site_id=site.id) == 30


async def test_several_values_of_several_sites_are_read_as_each_of_them_is(
    session: AsyncSession,
) -> None:
    admin = await make_admin(session)
    society = await add_society(session)
    sites = [await add_site(session, society_id=society.id) for _ in range(2)]
    own, group = sites[0].id, None
    for value, site_id in ((30, own), (45, group), (31, own), (46, group)):
        await settings_history.set_value(
            session, KEY, value=value, actor=admin, now=NOW, site_id=site_id
        )
    keys = (KEY, SettingKey.DUMMY_PATIENT_IDS)

    values = await settings_history.read_values(session, keys, site_ids=[each.id for each in sites])

    assert [values[each.id][KEY] for each in sites] == [31, 46]
    assert values[own][SettingKey.DUMMY_PATIENT_IDS] == await settings_history.read_value(
        session, SettingKey.DUMMY_PATIENT_IDS
    )


async def test_the_history_says_who_set_what_and_when(session: AsyncSession) -> None:
    admin = await make_admin(session)
    for minutes in (10, 20, 30):
        await settings_history.set_value(
            session, KEY, value=minutes, actor=admin, now=NOW + timedelta(minutes=minutes)
        )

    history = await settings_history.list_history(session, KEY, limit=2)
    rest = await settings_history.list_history(session, KEY, limit=2, before=history[-1].id)

    assert [each.value for each in history] == [30, 20]
    assert [each.value for each in rest] == [10]
    assert history[0].set_by == admin.user_id
    assert history[0].set_by_name.startswith("User ")
    assert history[0].set_at == NOW + timedelta(minutes=30)


async def test_only_who_may_sets_a_setting_and_always_a_person(session: AsyncSession) -> None:
    user = await add_user(session)
    reader = Actor(user_id=user.id, name="Reader", grants=(Grant(Role.RADIOLOGIST),))

    with pytest.raises(PermissionDenied):
        await settings_history.set_value(session, KEY, value=30, actor=reader, now=NOW)
    with pytest.raises(NotAllowed):
        await settings_history.set_value(session, KEY, value=30, actor=SYSTEM, now=NOW)


async def test_a_site_that_does_not_exist_has_no_settings(session: AsyncSession) -> None:
    admin = await make_admin(session)

    with pytest.raises(InvalidField) as refused:
        await settings_history.set_value(
            session, KEY, value=30, actor=admin, now=NOW, site_id=999_999
        )

    assert refused.value.field == "site_id"
