"""Tables of who takes part: societies, sites, senders, people and their access."""

from app.directory.models.access import (
    AccessLog,
    ApiToken,
    RoleGrant,
    SettingValue,
    SignInThrottle,
    User,
    WebSession,
)
from app.directory.models.organisations import (
    Centre,
    Domain,
    Endpoint,
    Site,
    Society,
)
from app.directory.models.people import (
    Radiologist,
    RadiologistSite,
    RadiologistSociety,
)
from app.directory.models.senders import (
    AdmissionPass,
    PriorityRule,
    Sender,
    SiteRule,
)

__all__ = [
    "AccessLog",
    "AdmissionPass",
    "ApiToken",
    "Centre",
    "Domain",
    "Endpoint",
    "PriorityRule",
    "Radiologist",
    "RadiologistSite",
    "RadiologistSociety",
    "RoleGrant",
    "Sender",
    "SettingValue",
    "SignInThrottle",
    "Site",
    "SiteRule",
    "Society",
    "User",
    "WebSession",
]
