"""The ages and marks that people have set."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import list_own_values, read_value
from app.retention.domain.level import Marks
from app.retention.domain.stay import Ages


async def read_ages(session: AsyncSession) -> Ages:
    """Read how long images stay."""
    group = await read_value(session, SettingKey.RETENTION_DAYS)
    own = await list_own_values(session, SettingKey.RETENTION_DAYS)
    least = await read_value(session, SettingKey.RETENTION_LEAST_HOURS)
    return Ages(
        group=timedelta(days=group),
        sites={site: timedelta(days=each) for site, each in own.items() if isinstance(each, int)},
        least=timedelta(hours=least),
    )


async def read_marks(session: AsyncSession) -> Marks:
    """Read from where on something is done about the disk."""
    return Marks(
        pressure_percent=await read_value(session, SettingKey.DISK_PRESSURE_PERCENT),
        alarm_percent=await read_value(session, SettingKey.DISK_ALARM_PERCENT),
        alarm_within=timedelta(days=await read_value(session, SettingKey.DISK_ALARM_DAYS)),
    )
