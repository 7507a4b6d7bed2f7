"""Values that people set while the platform runs: their keys, defaults and checks.

A value may be set for the whole group and, where it makes sense, for one site; what nobody has set
is the default here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, TypeAlias

from app.directory.domain.errors import InvalidField
from app.kit.errors import NotFound

SettingValue: TypeAlias = int | list[str]

_MOST_IDENTIFIERS = 200
_MOST_ADDRESSES = 20
_ADDRESS = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{3,255}|\+?[0-9][0-9 .-]{4,19}", re.ASCII)
_LONGEST_IDENTIFIER = 64  # PS3.5 §6.2, value representation LO


class SettingUnknown(NotFound):
    """No setting has this key."""


class SettingKey(StrEnum):
    """What may be set; the unit is in the name."""

    DUMMY_PATIENT_IDS = "dummy_patient_ids"
    """Patient IDs that say nothing; the empty one never needs to be named."""
    RETENTION_DAYS = "retention_days"
    """How long images of a delivered case stay."""
    RETENTION_LEAST_HOURS = "retention_least_hours"
    """How long they stay at least, however full the disk is."""
    DISK_PRESSURE_PERCENT = "disk_pressure_percent"
    """Below this share of the disk free, images of delivered cases go before their time."""
    DISK_ALARM_PERCENT = "disk_alarm_percent"
    """Below this share of the disk free it is said, whatever the forecast."""
    DISK_ALARM_DAYS = "disk_alarm_days"
    """How many days before the disk is full it is said."""
    GROUPING_MINUTES = "grouping_minutes"
    """Within which studies of one patient make one case."""
    REQUEST_JOIN_HOURS = "request_join_hours"
    """Within which a request finds its images by the patient alone."""
    REQUEST_IMAGES_MINUTES = "request_images_minutes"
    """After which the site is asked where the images of a validated request are."""
    UNACCEPTED_P1_S = "unaccepted_p1_s"
    """After which a P1 report that the site has not accepted is to be told by telephone."""
    UNACCEPTED_S = "unaccepted_s"
    """The same for every other priority."""
    PRIOR_HOURS = "prior_hours"
    """How old a study is that counts as a prior."""
    PRIORS_TO_READER = "priors_to_reader"
    """How many earlier studies of the patient are sent to the reader, at most."""
    ON_CALL_SHEET_HOUR = "on_call_sheet_hour"
    """At which hour of the platform's zone the on-call sheet is made and sent."""
    FAILOVER_BY_SILENCE = "failover_by_silence"
    """1: a centre is down when the pages of all its readers have been gone for 90 s; 0: never."""
    FAILOVER_BY_NODE = "failover_by_node"
    """1: it is when its node fails three echoes in 60 s while a study waits for it; 0: never."""
    FAILOVER_BY_COORDINATOR = "failover_by_coordinator"
    """1: it is when the coordinator says so; 0: coordinators do not say it."""
    QUIET_FROM_HOUR = "quiet_from_hour"
    """From which hour, by the site's clock, no telephone is called for a P3 case."""
    QUIET_UNTIL_HOUR = "quiet_until_hour"
    """Until which hour; the same hour twice: it may be called at any time."""
    ALARM_TO = "alarm_to"
    """Who is told, beside the coordinator, when the pages may reach nobody: mail, telephone."""


IntegerKey: TypeAlias = Literal[
    SettingKey.RETENTION_DAYS,
    SettingKey.RETENTION_LEAST_HOURS,
    SettingKey.DISK_PRESSURE_PERCENT,
    SettingKey.DISK_ALARM_PERCENT,
    SettingKey.DISK_ALARM_DAYS,
    SettingKey.GROUPING_MINUTES,
    SettingKey.REQUEST_JOIN_HOURS,
    SettingKey.REQUEST_IMAGES_MINUTES,
    SettingKey.UNACCEPTED_P1_S,
    SettingKey.UNACCEPTED_S,
    SettingKey.PRIOR_HOURS,
    SettingKey.PRIORS_TO_READER,
    SettingKey.ON_CALL_SHEET_HOUR,
    SettingKey.FAILOVER_BY_SILENCE,
    SettingKey.FAILOVER_BY_NODE,
    SettingKey.FAILOVER_BY_COORDINATOR,
    SettingKey.QUIET_FROM_HOUR,
    SettingKey.QUIET_UNTIL_HOUR,
]
ListKey: TypeAlias = Literal[SettingKey.DUMMY_PATIENT_IDS, SettingKey.ALARM_TO]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a setting is when nobody has set it, and what it may be.

    Parameters
    ----------
    default
        Passes the check.
    check
        Returns the value as it is kept, or raises `InvalidField`.
    per_site
        Whether one site may have its own.
    """

    default: SettingValue
    check: Callable[[object], SettingValue]
    per_site: bool = True


def _between(least: int, most: int, *, unit: str) -> Callable[[object], SettingValue]:
    def check(value: object) -> SettingValue:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise InvalidField("value", f"a whole number of {unit} from {least} to {most}")
        return value

    return check


def _check_switch(value: object) -> SettingValue:
    if not isinstance(value, int) or isinstance(value, bool) or value not in {0, 1}:
        raise InvalidField("value", "1 for on, or 0 for off")
    return value


def _check_identifiers(value: object) -> SettingValue:
    if not isinstance(value, list) or len(value) > _MOST_IDENTIFIERS:
        raise InvalidField("value", f"a list of at most {_MOST_IDENTIFIERS} identifiers")
    texts = [each.strip() if isinstance(each, str) else "" for each in value]
    if not all(0 < len(each) <= _LONGEST_IDENTIFIER and each.isprintable() for each in texts):
        message = f"an identifier is a text of 1 to {_LONGEST_IDENTIFIER} characters"
        raise InvalidField("value", message)
    return list(dict.fromkeys(texts))


def _check_addresses(value: object) -> SettingValue:
    if not isinstance(value, list) or len(value) > _MOST_ADDRESSES:
        raise InvalidField("value", f"a list of at most {_MOST_ADDRESSES} addresses")
    texts = [each.strip() if isinstance(each, str) else "" for each in value]
    if not all(_ADDRESS.fullmatch(each) for each in texts):
        raise InvalidField("value", "each is a mail address, or a telephone number")
    return list(dict.fromkeys(texts))


_DUMMIES = ["INCONNU", "INCONNUE", "URGENCE", "URGENCES", "ANONYME", "ANONYMOUS", "UNKNOWN", "0000"]

DEFINITIONS: Mapping[SettingKey, Definition] = MappingProxyType(
    {
        SettingKey.DUMMY_PATIENT_IDS: Definition(_DUMMIES, _check_identifiers),
        SettingKey.RETENTION_DAYS: Definition(15, _between(1, 3650, unit="days")),
        SettingKey.RETENTION_LEAST_HOURS: Definition(
            24, _between(1, 720, unit="hours"), per_site=False
        ),
        SettingKey.DISK_PRESSURE_PERCENT: Definition(
            20, _between(1, 90, unit="percent"), per_site=False
        ),
        SettingKey.DISK_ALARM_PERCENT: Definition(
            10, _between(1, 90, unit="percent"), per_site=False
        ),
        SettingKey.DISK_ALARM_DAYS: Definition(3, _between(1, 60, unit="days"), per_site=False),
        SettingKey.GROUPING_MINUTES: Definition(60, _between(0, 720, unit="minutes")),
        SettingKey.REQUEST_JOIN_HOURS: Definition(12, _between(1, 72, unit="hours")),
        SettingKey.REQUEST_IMAGES_MINUTES: Definition(45, _between(5, 1440, unit="minutes")),
        SettingKey.UNACCEPTED_P1_S: Definition(120, _between(30, 3600, unit="seconds")),
        SettingKey.UNACCEPTED_S: Definition(600, _between(60, 14_400, unit="seconds")),
        SettingKey.PRIOR_HOURS: Definition(24, _between(1, 8760, unit="hours")),
        SettingKey.PRIORS_TO_READER: Definition(2, _between(0, 20, unit="studies")),
        SettingKey.ON_CALL_SHEET_HOUR: Definition(
            17, _between(0, 23, unit="o'clock"), per_site=False
        ),
        SettingKey.FAILOVER_BY_SILENCE: Definition(1, _check_switch, per_site=False),
        SettingKey.FAILOVER_BY_NODE: Definition(1, _check_switch, per_site=False),
        SettingKey.FAILOVER_BY_COORDINATOR: Definition(1, _check_switch, per_site=False),
        SettingKey.QUIET_FROM_HOUR: Definition(22, _between(0, 23, unit="o'clock"), per_site=False),
        SettingKey.QUIET_UNTIL_HOUR: Definition(7, _between(0, 23, unit="o'clock"), per_site=False),
        SettingKey.ALARM_TO: Definition([], _check_addresses, per_site=False),
    }
)


def find_key(text: str) -> SettingKey:
    """Find the key that a text names.

    Raises
    ------
    SettingUnknown
        If there is none.
    """
    try:
        return SettingKey(text)
    except ValueError:
        raise SettingUnknown("there is no setting with this key") from None


def check_value(key: SettingKey, value: object, *, per_site: bool) -> SettingValue:
    """Return a value as it is kept.

    Parameters
    ----------
    key
        Of the setting.
    value
        As it came.
    per_site
        Whether it is meant for one site.

    Raises
    ------
    InvalidField
        If the setting cannot have this value, or is the whole group's.
    """
    definition = DEFINITIONS[key]
    if per_site and not definition.per_site:
        raise InvalidField("site_id", "this setting is the same for the whole group")
    return definition.check(value)
