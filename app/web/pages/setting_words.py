"""The settings in the words of those who set them."""

from collections.abc import Mapping
from types import MappingProxyType

from app.directory.domain.setting_keys import SettingKey
from app.web.pages.texts import N_

_K = SettingKey

LABELS: Mapping[SettingKey, str] = MappingProxyType(
    {
        _K.RETENTION_DAYS: N_("Images of a delivered case stay, in days"),
        _K.RETENTION_LEAST_HOURS: N_("However full the disk is, they stay at least, in hours"),
        _K.DISK_PRESSURE_PERCENT: N_(
            "Images of delivered cases go early below, in percent of the disk"
        ),
        _K.DISK_ALARM_PERCENT: N_("An alarm is raised below, in percent of the disk"),
        _K.DISK_ALARM_DAYS: N_("An alarm is raised before the disk is full, in days"),
        _K.DUMMY_PATIENT_IDS: N_("Patient identifiers that say nothing, one a line"),
        _K.GROUPING_MINUTES: N_("Studies of one patient make one case within, in minutes"),
        _K.REQUEST_JOIN_HOURS: N_("A request finds its images by the patient within, in hours"),
        _K.REQUEST_IMAGES_MINUTES: N_("A site is asked for missing images after, in minutes"),
        _K.UNACCEPTED_P1_S: N_("A P1 report that is not accepted is told after, in seconds"),
        _K.UNACCEPTED_S: N_("Any other report that is not accepted is told after, in seconds"),
        _K.PRIOR_HOURS: N_("A study is a prior when it is older than, in hours"),
        _K.PRIORS_TO_READER: N_("Earlier studies of a patient go to the reader, at most"),
        _K.ON_CALL_SHEET_HOUR: N_("The on-call sheet is made and sent at, full hour"),
        _K.FAILOVER_BY_SILENCE: N_(
            "A centre is down when the pages of all its readers are gone (1 on, 0 off)"
        ),
        _K.FAILOVER_BY_NODE: N_(
            "A centre is down when its node does not answer and a study waits (1 on, 0 off)"
        ),
        _K.FAILOVER_BY_COORDINATOR: N_(
            "A centre is down when the coordinator says so (1 on, 0 off)"
        ),
        _K.QUIET_FROM_HOUR: N_("No telephone is called for a P3 case from, full hour"),
        _K.QUIET_UNTIL_HOUR: N_("No telephone is called for a P3 case until, full hour"),
        _K.ALARM_TO: N_("Mail addresses and telephones told when the pages fail, one a line"),
    }
)
"""In the order of the page; a test wants all of them."""
