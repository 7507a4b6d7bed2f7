"""Settings from the environment: typed, checked at start, read once.

Every variable begins with `ASTREINTE_`. One that is not known is an error at start, so that a
misspelt setting never goes unnoticed (DESIGN: what others may rely on).
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from app.kit.bind import Bind
from app.kit.errors import Invalid

__all__ = ["PREFIX", "Address", "Bind", "Days", "Seconds", "Settings", "read_settings"]

PREFIX = "ASTREINTE_"
_TEST_PREFIX = f"{PREFIX}TEST_"
"""Variables that only the test suite reads."""


def _parse_bind(value: object) -> object:
    return Bind.parse(value) if isinstance(value, str) else value


def _check_ae_title(value: str) -> str:
    # PS3.5 §6.2: 16 characters; the longest called title is ours with "_ANT" behind it.
    if not value.isascii() or not value.isprintable() or "\\" in value or value != value.strip():
        msg = f"{value!r} is not an AE title (PS3.5 §6.2: printable, no backslash)"
        raise ValueError(msg)
    return value


def _parse_seconds(value: object) -> object:
    if isinstance(value, str):
        try:
            return timedelta(seconds=float(value))
        except ValueError:
            return value
    return value


def _parse_days(value: object) -> object:
    if isinstance(value, str):
        try:
            return timedelta(days=float(value))
        except ValueError:
            return value
    return value


Address = Annotated[Bind, BeforeValidator(_parse_bind)]
Days = Annotated[timedelta, BeforeValidator(_parse_days), Field(ge=timedelta(0))]
Seconds = Annotated[timedelta, BeforeValidator(_parse_seconds), Field(gt=timedelta(0))]


class Settings(BaseSettings):
    """All that the environment may say; durations are in seconds or ISO 8601."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", arbitrary_types_allowed=True
    )

    data_dir: Path = Path("var")
    database_url: SecretStr | None = None
    http_bind: Address = Bind("127.0.0.1", 8080)
    dicom_bind: Address = Bind("127.0.0.1", 11112)
    ae_title: Annotated[
        str, Field(min_length=1, max_length=12), AfterValidator(_check_ae_title)
    ] = "ASTREINTE"
    secret_key: SecretStr | None = None
    locale: Literal["fr", "en"] = "fr"
    zone: str = "Europe/Paris"
    log_format: Literal["json", "text"] = "json"

    # Where mails are handed in, smtp:// or smtps://, and in whose name; without them none is sent.
    smtp_url: SecretStr | None = None
    mail_from: str | None = None
    # Where people reach the pages, for the links of mails: https://astreinte.example
    public_url: Annotated[str | None, Field(pattern=r"^https?://[^/\s]+(/[^/\s]+)*$")] = None
    # Asked for every minute while all is well; who watches it calls people when it falls silent.
    heartbeat_url: SecretStr | None = None
    # Who calls telephones for us, and the secret that signs both ways; without them nobody does.
    hook_url: SecretStr | None = None
    hook_secret: SecretStr | None = None

    # How long a modality may be silent before a study counts as complete.
    completeness_ct: Seconds = timedelta(seconds=60)
    completeness_cr: Seconds = timedelta(seconds=90)
    completeness_us: Seconds = timedelta(seconds=120)
    completeness_mr: Seconds = timedelta(seconds=300)
    completeness_longest: Seconds = timedelta(minutes=10)
    dispatch_latest: Seconds = timedelta(minutes=5)

    # Free bytes that the gateway never uses: below them it refuses (0xA700).
    disk_reserve_bytes: Annotated[int, Field(ge=0)] = 1 << 30
    dicom_idle_timeout: Seconds = timedelta(seconds=120)
    # How long a peer may take for one PDU that it has begun.
    dicom_stall_timeout: Seconds = timedelta(seconds=30)
    # At the same time: on this host, whatever the number of processes; of one sender; processes.
    dicom_associations: Annotated[int, Field(ge=1, le=10_000)] = 400
    dicom_sender_associations: Annotated[int, Field(ge=1, le=10_000)] = 100
    dicom_workers: Annotated[int, Field(ge=1, le=64)] = 1

    # The second port: nobody listens there without an address. The files are those of
    # `astreinte tls init` in the data folder, unless they are named; all are read again when they
    # change. How long a sender whose certificate has expired is still let in.
    dicom_tls_bind: Address | None = None
    dicom_tls_certificate: Path | None = None
    dicom_tls_key: Path | None = None
    dicom_tls_authorities: Path | None = None
    dicom_tls_grace: Days = timedelta(days=14)
    # Where the gateway tells Prometheus how it is; nobody listens there without an address.
    dicom_metrics_bind: Address | None = None

    session_idle: Seconds = timedelta(hours=12)
    session_longest: Seconds = timedelta(hours=24)
    tick: Seconds = timedelta(seconds=5)

    @property
    def sends_mails(self) -> bool:
        """Is there a mail server?"""
        return self.smtp_url is not None and self.mail_from is not None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what `read_settings` gives, and look nowhere else."""
        return (init_settings,)


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings, refusing what is unknown or wrong.

    Parameters
    ----------
    environment
        What to read instead of this process's own environment.

    Raises
    ------
    Invalid
        Naming each variable that is unknown or that cannot be understood, and why.
    """
    given = dict(os.environ if environment is None else environment)
    ours = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in given.items()
        if name.startswith(PREFIX) and not name.startswith(_TEST_PREFIX)
    }
    unknown = sorted(name for name in ours if name not in Settings.model_fields)
    if unknown:
        names = ", ".join(PREFIX + name.upper() for name in unknown)
        known = ", ".join(PREFIX + name.upper() for name in Settings.model_fields)
        msg = f"unknown setting {names}; the settings are: {known}"
        raise Invalid(msg)
    try:
        return Settings.model_validate(ours)
    except ValidationError as error:
        parts = [
            f"{PREFIX}{str(each['loc'][0]).upper()}: {each['msg']}"
            for each in error.errors(include_input=False)
        ]
        raise Invalid("; ".join(parts)) from error
