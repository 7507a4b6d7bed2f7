"""Radiologists and users."""

from collections.abc import Mapping

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.demo.gcs.radiologists import RADIOLOGISTS
from app.demo.gcs.shapes import RadiologistData
from app.demo.gcs.societies import SOCIETIES
from app.demo.gcs.users import USERS
from app.demo.seeding.rows import read_by
from app.directory.domain import SYSTEM
from app.directory.models import Radiologist, RadiologistSite, RoleGrant, User
from app.directory.service.radiologists import create_radiologist
from app.directory.service.secrets import hash_password

_JOINED = {society.short_name: society.joined_on for society in SOCIETIES}


async def keep_radiologists(
    session: AsyncSession,
    *,
    societies: Mapping[str, int],
    centres: Mapping[str, int],
    sites: Mapping[str, int],
) -> dict[str, int]:
    """Keep the radiologists, who all read for all hospitals; returns their ids by login."""
    known = await read_by(session, Radiologist, "rpps")
    ids = {}
    for each in RADIOLOGISTS:
        radiologist = known.get(each.rpps)
        if radiologist is None:
            since = _JOINED[each.society]
            radiologist = await create_radiologist(
                session,
                actor=SYSTEM,
                values=_describe(each, centre_id=centres[each.centre]),
                society_id=societies[each.society],
                since=since,
            )
            # As rows: the use case looks up both ends of each of these nine hundred rights.
            session.add_all(
                RadiologistSite(
                    radiologist_id=radiologist.id, site_id=site_id, valid=Range(since, None)
                )
                for site_id in sites.values()
            )
        ids[each.login] = radiologist.id
    return ids


def _describe(radiologist: RadiologistData, *, centre_id: int) -> dict[str, object]:
    return {
        "rpps": radiologist.rpps,
        "family_name": radiologist.family_name,
        "given_name": radiologist.given_name,
        "telephone": radiologist.telephone,
        "centre_id": centre_id,
        "sub_specialties": list(radiologist.sub_specialties),
    }


async def keep_users(
    session: AsyncSession,
    *,
    radiologists: Mapping[str, int],
    sites: Mapping[str, int],
    password: str,
) -> None:
    """Keep the users, none of whom needs a second factor to sign in to a demo."""
    known = set(await read_by(session, User, "login"))
    names = {each.login: f"{each.given_name} {each.family_name}" for each in RADIOLOGISTS}
    names.update({user.login: user.display_name for user in USERS})
    missing = [login for login in names if login not in known]
    if not missing:
        return
    # As rows, with one password hashed once: eighty times a tenth of a second would be felt.
    password_hash = await hash_password(password)
    users = {
        login: User(
            login=login,
            display_name=names[login],
            password_hash=password_hash,
            second_factor_required=False,
            radiologist_id=radiologists.get(login),
        )
        for login in missing
    }
    session.add_all(users.values())
    await session.flush()
    roles = {user.login: user.role for user in USERS}
    limits = {user.login: sites[user.site] for user in USERS if user.site is not None}
    session.add_all(
        RoleGrant(user_id=user.id, role=roles.get(login, "radiologist"), site_id=limits.get(login))
        for login, user in users.items()
    )
