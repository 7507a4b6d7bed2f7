"""Rows of the directory for tests; each function makes one, with what it needs."""

from collections.abc import Iterable
from datetime import date

from argon2 import PasswordHasher
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from app.directory.domain.identifiers import has_luhn_check_digit
from app.directory.models import (
    Centre,
    Domain,
    Radiologist,
    RadiologistSite,
    RadiologistSociety,
    RoleGrant,
    Sender,
    Site,
    Society,
    User,
)
from tests.factories.numbers import draw_number

PASSWORD = "correct horse battery staple"
_PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def complete_luhn(digits: str) -> str:
    """Put the right check digit behind digits."""
    return next(f"{digits}{last}" for last in range(10) if has_luhn_check_digit(f"{digits}{last}"))


def draw_rpps() -> str:
    """Draw an RPPS number that no other test has."""
    return complete_luhn(f"10{draw_number():08}")


def draw_finess() -> str:
    """Draw a FINESS number that no other test has."""
    return complete_luhn(f"33{draw_number():06}")


async def add_society(session: AsyncSession, *, joined_on: date = date(2020, 1, 1)) -> Society:
    """Add a society."""
    number = draw_number()
    society = Society(name=f"Society {number}", short_name=f"S{number}", joined_on=joined_on)
    session.add(society)
    await session.flush()
    return society


async def add_centre(session: AsyncSession, *, society_id: int) -> Centre:
    """Add a centre without a node."""
    centre = Centre(
        society_id=society_id, name=f"Centre {draw_number()}", telephone="+33 5 00 00 00 00"
    )
    session.add(centre)
    await session.flush()
    return centre


async def add_site(session: AsyncSession, *, society_id: int) -> Site:
    """Add a site without a node."""
    site = Site(
        name=f"Site {draw_number()}",
        finess=draw_finess(),
        society_id=society_id,
        telephone_emergency="+33 5 00 00 00 01",
        telephone_ct="+33 5 00 00 00 02",
    )
    session.add(site)
    await session.flush()
    return site


async def add_domain(session: AsyncSession) -> Domain:
    """Add a domain of identifiers."""
    domain = Domain(name=f"Domain {draw_number()}")
    session.add(domain)
    await session.flush()
    return domain


async def add_sender(
    session: AsyncSession,
    *,
    site_id: int,
    domain_id: int | None = None,
    ae_title: str | None = None,
    addresses: Iterable[str] = ("127.0.0.1/32",),
) -> Sender:
    """Add a sender on this machine."""
    sender = Sender(
        name=f"Sender {draw_number()}",
        ae_title=ae_title or f"SENDER{draw_number()}",
        addresses=list(addresses),
        domain_id=domain_id or (await add_domain(session)).id,
        site_id=site_id,
    )
    session.add(sender)
    await session.flush()
    return sender


async def add_radiologist(
    session: AsyncSession,
    *,
    society_id: int | None = None,
    site_ids: Iterable[int] = (),
    centre_id: int | None = None,
) -> Radiologist:
    """Add a radiologist, member of a society and with rights to read since 2020."""
    radiologist = Radiologist(
        rpps=draw_rpps(),
        family_name=f"Family{draw_number()}",
        given_name="Given",
        telephone="+33 6 00 00 00 00",
        centre_id=centre_id,
    )
    session.add(radiologist)
    await session.flush()
    since: Range[date] = Range(date(2020, 1, 1), None)
    if society_id is not None:
        session.add(
            RadiologistSociety(radiologist_id=radiologist.id, society_id=society_id, valid=since)
        )
    session.add_all(
        RadiologistSite(radiologist_id=radiologist.id, site_id=site_id, valid=since)
        for site_id in site_ids
    )
    await session.flush()
    return radiologist


async def give_password_hash() -> str:
    """Give a hash of `PASSWORD` that is checked in no time; test_secrets says how dear ours are."""
    return _PASSWORD_HASH


async def add_user(
    session: AsyncSession,
    *grants: Grant | Role,
    radiologist_id: int | None = None,
    second_factor_required: bool = False,
) -> User:
    """Add a user whose password is `PASSWORD`; a role alone is held everywhere."""
    number = draw_number()
    user = User(
        login=f"user{number}",
        display_name=f"User {number}",
        password_hash=await give_password_hash(),
        second_factor_required=second_factor_required,
        radiologist_id=radiologist_id,
    )
    session.add(user)
    await session.flush()
    for each in grants:
        grant = Grant(each) if isinstance(each, Role) else each
        session.add(
            RoleGrant(
                user_id=user.id,
                role=grant.role,
                society_id=grant.society_id,
                site_id=grant.site_id,
            )
        )
    await session.flush()
    return user
