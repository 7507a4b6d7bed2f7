"""What the data set is made of: plain data, before any of it has an id."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreData:
    """A reading centre; `key` is the AE title of its node."""

    key: str
    name: str
    telephone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SocietyData:
    """A society, the exams it brought over a year, and where its radiologists sit."""

    short_name: str
    name: str
    joined_on: date
    yearly_exams: int
    centres: tuple[CentreData, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderData:
    """A modality, or a workstation, that sends."""

    ae_title: str
    name: str
    modality: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteData:
    """A hospital; `key` begins the AE titles of its node and modalities."""

    key: str
    name: str
    finess: str
    society: str
    territory: str
    telephone_emergency: str
    telephone_ct: str
    modalities: tuple[str, ...]

    @property
    def node_ae_title(self) -> str:
        """AE title of the node that takes the site's reports."""
        return f"{self.key}_PACS"

    @property
    def senders(self) -> tuple[SenderData, ...]:
        """One sender for each modality, such as `VALLON_CT1`."""
        return tuple(
            SenderData(
                ae_title=f"{self.key}_{each}", name=f"{each} - {self.name}", modality=each[:2]
            )
            for each in self.modalities
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiologistData:
    """A radiologist, with the login of their user."""

    rpps: str
    family_name: str
    given_name: str
    telephone: str
    society: str
    centre: str
    sub_specialties: tuple[str, ...]
    login: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserData:
    """Somebody who signs in and is no radiologist."""

    login: str
    display_name: str
    role: str
    site: str | None = None
    """Key of the site that the role is limited to."""
