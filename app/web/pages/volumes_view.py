"""What the page of volumes shows: months by source, sums, shares, warnings, what was frozen."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.directory.domain import Permission, Scope
from app.planning.domain.files.faults import LineFault
from app.planning.domain.volumes.months import list_months
from app.planning.domain.volumes.reference import SocietySum, Source
from app.planning.domain.volumes.staffing import Shortage
from app.planning.models import MonthlyVolume, VolumeImport
from app.planning.repository import snapshots
from app.planning.repository import volumes_monthly as monthly
from app.planning.service import snapshots as service
from app.planning.service.volumes_imported import Preview
from app.web.pages.door import Visit
from app.web.pages.file_words import write_faults
from app.web.pages.volumes_words import SEPARATORS, write_percent, write_thousandths

_MOST_IMPORTS, _MOST_SNAPSHOTS = 20, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCell:
    """A month of a society, as measured and as imported; absent: nothing is known."""

    month: date
    measured: int | None
    imported: int | None

    @property
    def differs(self) -> bool:
        """Tell whether both are known and disagree."""
        return None not in {self.measured, self.imported} and self.measured != self.imported


@dataclass(frozen=True, slots=True, kw_only=True)
class SocietyRow:
    """What a society brought in the months that count; no name: the common pot."""

    name: str | None
    months: tuple[MonthCell, ...]
    total: SocietySum
    weighted: str
    common: str | None
    share: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineShown:
    """A line of a file as it was understood."""

    line: int
    name: str | None
    month: date
    exams: int
    weighted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewShown:
    """A file that somebody looks at before it is imported.

    Parameters
    ----------
    content
        In base 64, to be sent again.
    """

    filename: str
    content: str
    digest: str
    separator: str
    encoding: str
    byte_order_mark: bool
    decimal_comma: bool
    lines: tuple[LineShown, ...]
    faults: tuple[LineFault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotShown:
    """Volumes that were frozen, with the shares that the reader may see."""

    id: int
    since: date
    last: date
    """The last day that counts."""
    frozen_at: datetime
    frozen_by: str | None
    note: str
    shares: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumesPage:
    """Everything; `may_write_all`: measure and freeze, for the whole group."""

    since: date
    until: date
    months: tuple[date, ...]
    rows: tuple[SocietyRow, ...]
    reason: str
    """Why there are no shares, in English; empty if there are."""
    shortages: tuple[Shortage, ...]
    names: dict[int, str]
    imports: tuple[VolumeImport, ...]
    snapshots: tuple[SnapshotShown, ...]
    preview: PreviewShown | None
    may_write: bool
    may_write_all: bool


async def load_page(guest: Visit, *, preview: PreviewShown | None = None) -> VolumesPage:
    """Load what the reader may see of the volumes."""
    session, work = guest.session, guest.work
    scope = work.scope(Permission.VOLUME_READ)
    found = await service.compute(session, today=work.today)
    names = {each.id: each.name for each in await monthly.list_all_societies(session)}
    zone = ZoneInfo(work.container.settings.zone)
    shares = {each.society: each.share for each in found.shares}
    short = await service.warn_of_shortages(session, shares, first=work.today, zone=zone)
    reference = found.reference
    return VolumesPage(
        since=reference.since,
        until=reference.until,
        months=tuple(list_months(reference.since, reference.until)),
        rows=await _list_rows(guest, found, scope=scope),
        reason=found.reason,
        shortages=tuple(each for each in short if scope.covers(society_id=each.society)),
        names=names,
        imports=tuple(
            await monthly.list_imports(
                session, scope=scope, user_id=work.actor.user_id, limit=_MOST_IMPORTS
            )
        ),
        snapshots=await _list_snapshots(guest, names=names, scope=scope),
        preview=preview,
        may_write=guest.frame.may(Permission.VOLUME_WRITE),
        may_write_all=work.scope(Permission.VOLUME_WRITE).everything,
    )


async def _list_rows(
    guest: Visit, found: service.Shares, *, scope: Scope
) -> tuple[SocietyRow, ...]:
    texts, reference = guest.frame.texts, found.reference
    months = await monthly.list_months(
        guest.session, since=reference.since, until=reference.until, scope=scope
    )
    frozen = {each.society: each for each in found.shares}
    rows = []
    for total in (*reference.societies, reference.pot):
        if total.society is not None and not scope.covers(society_id=total.society):
            continue
        share = frozen.get(total.society or 0)
        own = [row for row in months if row.society_id == total.society]
        rows.append(
            SocietyRow(
                name=None if total.society is None else found.names[total.society],
                months=_lay_months(own, list_months(reference.since, reference.until)),
                total=total,
                weighted=write_thousandths(total.weighted, texts=texts),
                common=None if share is None else write_thousandths(share.common, texts=texts),
                share=None if share is None else write_percent(share.share, texts=texts),
            )
        )
    return tuple(rows)


def _lay_months(rows: Iterable[MonthlyVolume], months: Iterable[date]) -> tuple[MonthCell, ...]:
    exams = {(row.month, row.source): row.exams for row in rows}
    return tuple(
        MonthCell(
            month=month,
            measured=exams.get((month, Source.MEASURED.value)),
            imported=exams.get((month, Source.IMPORTED.value)),
        )
        for month in months
    )


async def _list_snapshots(
    guest: Visit, *, names: dict[int, str], scope: Scope
) -> tuple[SnapshotShown, ...]:
    shown = []
    for row, who in await snapshots.list_snapshots(guest.session, limit=_MOST_SNAPSHOTS):
        shares = await snapshots.list_shares(guest.session, snapshot_id=row.id, scope=scope)
        # Every snapshot that we write has both ends.
        since, until = row.period.lower or date.min, row.period.upper or date.max
        shown.append(
            SnapshotShown(
                id=row.id,
                since=since,
                last=until - timedelta(days=1),
                frozen_at=row.frozen_at,
                frozen_by=who,
                note=row.note,
                shares=tuple(
                    (names[each.society_id], write_percent(each.share, texts=guest.frame.texts))
                    for each in shares
                ),
            )
        )
    return tuple(shown)


def show_preview(
    preview: Preview, *, filename: str, content: str, guest: Visit, names: dict[int, str]
) -> PreviewShown:
    """Show how a file was understood, or every fault of it."""
    texts, reading = guest.frame.texts, preview.reading
    return PreviewShown(
        filename=filename,
        content=content,
        digest=preview.digest,
        separator=texts.gettext(SEPARATORS[reading.source.separator]),
        encoding="Windows-1252" if reading.source.encoding == "cp1252" else "UTF-8",
        byte_order_mark=reading.source.byte_order_mark,
        decimal_comma=reading.decimal_comma,
        lines=tuple(
            LineShown(
                line=each.number,
                name=None if each.count.society is None else names[each.count.society],
                month=each.count.month,
                exams=each.count.exams,
                weighted=write_thousandths(each.count.weighted, texts=texts),
            )
            for each in reading.lines
        ),
        faults=write_faults(reading.faults, texts=texts),
    )
