"""A group with as many readers on guard as are wanted, in a database that has only tables."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any, TypeVar

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import Base
from app.db.clock import DatabaseClock
from app.db.engine import make_unpooled_engine
from app.db.session import make_sessions, unit_of_work
from app.directory.models import (
    Centre,
    Domain,
    Endpoint,
    Radiologist,
    RadiologistSite,
    RadiologistSociety,
    Sender,
    Site,
    Society,
)
from app.dispatch.domain.exams import ExamKind, Region
from app.dispatch.domain.read_times import ReadTime
from app.dispatch.domain.transfers import TransferTime
from app.dispatch.repository.read_times import add_table
from app.planning.models import (
    Assignment,
    Guard,
    Planning,
    PlanningRevision,
    Seat,
    SnapshotShare,
    VolumeSnapshot,
)

Row = TypeVar("Row", bound=Base)

_SOCIETIES = 5
_MILLION = 1_000_000
_ALWAYS = Range(date(2020, 1, 1), None)
_AROUND = timedelta(hours=12)
_SPECIALTIES = ("neuro", "abdomen", "thorax", "musculoskeletal", "vascular")
_KINDS = tuple(product(("CT", "MR"), Region))
"""Of exams: how long each reader needs for each was measured."""
_READS = 30
_CAP = 1000
"""Of claims an hour: what is measured must not end because everybody has read enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnGuard:
    """Who is on guard, and from where exams come."""

    first_ids: tuple[int, ...]
    backup_ids: tuple[int, ...]
    sender_ids: tuple[int, ...]
    """One of each site."""


def put_on_guard(
    url: str,
    *,
    first: int,
    backup: int,
    node_port: int | None = None,
    escalation: Mapping[str, Any] | None = None,
) -> OnGuard:
    """Enter five societies, each the referent of a site, and those on guard around now.

    Parameters
    ----------
    first, backup
        How many readers each line has, all of them with the right to read for every site.
    node_port
        Of each centre's node; nothing: no centre has one.
    escalation
        Of every site, by priority, as `Sla.to_json` writes it; nothing: the platform's.
    """
    group = _put(url, first=first, backup=backup, node_port=node_port, escalation=escalation or {})
    return asyncio.run(group)


async def _put(
    url: str,
    *,
    first: int,
    backup: int,
    node_port: int | None,
    escalation: Mapping[str, Any],
) -> OnGuard:
    engine = make_unpooled_engine(url)
    try:
        async with unit_of_work(make_sessions(engine)) as session:
            group = _Group(session, now=await DatabaseClock().now(session))
            await group.add_societies(node_port=node_port, escalation=escalation)
            await group.add_planning()
            first_ids = [await group.add_reader(number, line="first") for number in range(first)]
            backup_ids = [
                await group.add_reader(first + number, line="backup") for number in range(backup)
            ]
            await group.add_measured([*first_ids, *backup_ids])
            return OnGuard(
                first_ids=tuple(first_ids),
                backup_ids=tuple(backup_ids),
                sender_ids=tuple(each.id for each in group.senders),
            )
    finally:
        await engine.dispose()


class _Group:
    def __init__(self, session: AsyncSession, *, now: datetime) -> None:
        self.senders: list[Sender] = []
        self._session = session
        self._now = now
        self._period = Range(now - _AROUND, now + _AROUND)
        self._societies: list[Society] = []
        self._sites: list[Site] = []
        self._centres: list[Centre] = []
        self._revision_id = 0
        self._guards: dict[str, Guard] = {}

    async def add_societies(self, *, node_port: int | None, escalation: Mapping[str, Any]) -> None:
        """Add the societies, their sites with a modality each, and what they share."""
        domain = await self._add(Domain(name="The group"))
        snapshot = await self._add(
            VolumeSnapshot(period=Range(date(2025, 1, 1), date(2026, 1, 1)), frozen_at=self._now)
        )
        for number in range(_SOCIETIES):
            society = await self._add(
                Society(
                    name=f"Society {number}", short_name=f"S{number}", joined_on=date(2020, 1, 1)
                )
            )
            self._societies.append(society)
            await self._add_centre(number, society_id=society.id, node_port=node_port)
            await self._add_site(number, society_id=society.id, domain_id=domain.id, own=escalation)
            volume = 1000 * (number + 1)
            await self._add(
                SnapshotShare(
                    snapshot_id=snapshot.id,
                    society_id=society.id,
                    exams=volume,
                    weighted=1000 * volume,
                    tests=0,
                    resends=0,
                    priors=0,
                    refusals=0,
                    share=_MILLION // _SOCIETIES,
                )
            )

    async def _add_centre(self, number: int, *, society_id: int, node_port: int | None) -> None:
        centre = Centre(society_id=society_id, name=f"Centre {number}", telephone="+33500000003")
        if node_port is not None:
            node = Endpoint(
                name=f"Node {number}", ae_title="NODE", host="127.0.0.1", port=node_port
            )
            centre.endpoint_id = (await self._add(node)).id
        self._centres.append(await self._add(centre))

    async def _add_site(
        self, number: int, *, society_id: int, domain_id: int, own: Mapping[str, Any]
    ) -> None:
        site = await self._add(
            Site(
                name=f"Hospital {number}",
                finess=f"{number:09d}",
                society_id=society_id,
                telephone_emergency="+33500000001",
                telephone_ct="+33500000002",
                escalation=dict(own),
            )
        )
        self._sites.append(site)
        self.senders.append(
            await self._add(
                Sender(
                    name=f"CT {number}",
                    ae_title=f"CT{number}",
                    addresses=["127.0.0.0/8"],
                    domain_id=domain_id,
                    site_id=site.id,
                )
            )
        )

    async def add_planning(self) -> None:
        """Add a published planning with a guard of each line."""
        planning = await self._add(
            Planning(name="Tonight", period=self._period, created_at=self._now)
        )
        revision = await self._add(
            PlanningRevision(
                planning_id=planning.id, number=1, created_at=self._now, published_at=self._now
            )
        )
        self._revision_id = revision.id
        for line in ("first", "backup"):
            self._guards[line] = await self._add(
                Guard(
                    planning_id=planning.id,
                    segment_code="evening",
                    line=line,
                    period=self._period,
                    seats_needed=1,
                )
            )

    async def add_reader(self, number: int, *, line: str) -> int:
        """Add a radiologist who holds a seat of a line now, and may read for every site."""
        index = number % _SOCIETIES
        radiologist = await self._add(
            Radiologist(
                rpps=f"{number:011d}",
                family_name=f"Reader{number:03d}",
                given_name="Ada",
                telephone="+33600000000",
                centre_id=self._centres[index].id,
                hourly_cap=_CAP,
                sub_specialties=[_SPECIALTIES[number % len(_SPECIALTIES)]],
            )
        )
        who, society_id = radiologist.id, self._societies[index].id
        rights = [
            RadiologistSite(radiologist_id=who, site_id=site.id, valid=_ALWAYS)
            for site in self._sites
        ]
        belongs = RadiologistSociety(radiologist_id=who, society_id=society_id, valid=_ALWAYS)
        self._session.add_all([*rights, belongs])
        guard = self._guards[line]
        seat = await self._add(
            Seat(guard_id=guard.id, kind="reader", ordinal=number + 1, period=self._period)
        )
        await self._add(
            Assignment(
                seat_id=seat.id,
                revision_id=self._revision_id,
                society_id=society_id,
                radiologist_id=who,
                reason="roster",
                period=self._period,
                in_force=True,
            )
        )
        return who

    async def add_measured(self, radiologist_ids: Sequence[int]) -> None:
        """Add how long reads take each of them, and transfers to each node, as a night finds it."""
        nodes = {each.endpoint_id for each in self._centres if each.endpoint_id is not None}
        await add_table(
            self._session,
            [
                ReadTime(ExamKind(modality, region), who, 10.0 + number % 7, _READS)
                for modality, region in _KINDS
                for number, who in enumerate([None, *radiologist_ids])
            ],
            transfers=[TransferTime(node, 0.1, _READS) for node in nodes],
            since=self._now - _AROUND,
            next_due_at=self._now + _AROUND,
            now=self._now,
        )

    async def _add(self, row: Row) -> Row:
        self._session.add(row)
        await self._session.flush()
        return row
