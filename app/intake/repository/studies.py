"""Queries on studies for those who carry their news on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Row, Text, all_, any_, bindparam, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.arrays import keys_named
from app.db.clock import NOW
from app.directory.models import Site
from app.intake.models import IntakeRuleSet, Study, StudyAccession
from app.intake.repository.classes import BESIDE, StudyToClass, from_beside, read_beside

# A study of which only paper is announced has no images yet: it cannot be complete.
_ANNOUNCED = Study.announced_count > Study.paper_count
_INCOMPLETE = Study.complete_at.is_(None)


async def lock_studies_with_news(
    session: AsyncSession, *, urgent: str, limit: int, without: Collection[int]
) -> Sequence[Study]:
    """Lock studies with images that no case was told of, longest known first.

    Those that another transaction holds are passed over: it tells of them, or they come again.

    Parameters
    ----------
    urgent
        The called AE title whose studies go before all others.
    """
    wanted = {"urgent": urgent, "limit": limit, "without": list(without)}
    return (await session.scalars(_WITH_NEWS, wanted)).all()


_WITH_NEWS = (
    select(Study)
    .where(
        Study.instance_count != Study.announced_count,
        Study.id != all_(keys_named("without")),
    )
    .order_by(
        Study.called_ae_title != bindparam("urgent", type_=Text), Study.first_image_at, Study.id
    )
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True, key_share=True)
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyWithNews(StudyToClass):
    """A study with news, and all that its case is found or opened by.

    Parameters
    ----------
    accession_numbers
        Every one that it carries.
    site_minutes, site_escalation
        Its site's own minutes until signature, and its own steps and delays, by priority.
    rule_set_id, rules
        The set of intake rules in force at its site, if there is any: its last one.
    """

    accession_numbers: frozenset[str]
    site_minutes: Mapping[str, int]
    site_escalation: Mapping[str, Mapping[str, Any]]
    rule_set_id: int | None
    rules: Sequence[Mapping[str, object]]

    @property
    def is_untold(self) -> bool:
        """Were no case and no list ever told of it, though it has images?"""
        study = self.study
        return study.intake_class is None and not study.announced_count and study.image_count > 0


async def read_news(session: AsyncSession, studies: Sequence[Study]) -> list[StudyWithNews]:
    """Read what stands beside some studies, in their order."""
    rows = await session.execute(_NEWS, {"study_ids": [each.id for each in studies]})
    beside = {row.id: row for row in rows}
    return [_make_news(each, beside[each.id]) for each in studies]


def _make_news(study: Study, row: Row[*tuple[Any, ...]]) -> StudyWithNews:
    return StudyWithNews(
        study=study,
        **read_beside(row),
        accession_numbers=frozenset({*row.accession_numbers, study.accession_number} - {""}),
        site_minutes=row.sla,
        site_escalation=row.escalation,
        rule_set_id=row.rule_set_id,
        rules=() if row.rules is None else row.rules["rules"],
    )


_ACCESSIONS = select(StudyAccession.accession_number).where(StudyAccession.study_id == Study.id)
_RULE_SET = (
    select(IntakeRuleSet.id, IntakeRuleSet.rules)
    .where(IntakeRuleSet.site_id == Study.site_id)
    .order_by(IntakeRuleSet.id.desc())
    .limit(1)
    .lateral("in_force")
)
_NEWS = from_beside(
    select(
        *BESIDE,
        Site.sla,
        Site.escalation,
        Study.id,
        func.array(_ACCESSIONS.scalar_subquery()).label("accession_numbers"),
        _RULE_SET.c.id.label("rule_set_id"),
        _RULE_SET.c.rules,
    )
    .select_from(Study)
    .outerjoin(_RULE_SET, true())
).where(Study.id == any_(keys_named("study_ids")))


async def lock_study(session: AsyncSession, study_id: int) -> tuple[Study, int] | None:
    """Lock a study as those do who record its instances; with the society of its site."""
    row = (
        await session.execute(
            select(Study, Site.society_id)
            .join(Site, Site.id == Study.site_id)
            .where(Study.id == study_id)
            .with_for_update(of=Study, key_share=True)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


async def mark_due_complete(session: AsyncSession, *, now: datetime, limit: int) -> list[int]:
    """Mark announced studies that are due, earliest first; return their keys."""
    return sorted(await session.scalars(_MARK_DUE, {"now": now, "limit": limit}))


_DUE = (
    select(Study.id)
    .where(_INCOMPLETE, _ANNOUNCED, Study.complete_due_at <= NOW)
    .order_by(Study.complete_due_at, Study.id)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True, key_share=True)
)
_MARK_DUE = (
    update(Study)
    .where(Study.id.in_(_DUE.scalar_subquery()), _INCOMPLETE)
    .values(complete_at=NOW)
    .returning(Study.id)
    .execution_options(synchronize_session="fetch")
)


async def mark_complete(
    session: AsyncSession, *, study_id: int, now: datetime, reason: str
) -> bool:
    """Mark one study, whatever its due time; tell whether it was incomplete until now."""
    marked = await session.scalars(
        update(Study)
        .where(Study.id == study_id, _INCOMPLETE)
        .values(complete_at=now, complete_reason=reason)
        .returning(Study.id)
        .execution_options(synchronize_session="fetch")
    )
    return marked.one_or_none() is not None


async def find_earliest_due(session: AsyncSession) -> datetime | None:
    """Find when the next announced study will be due."""
    due: datetime | None = await session.scalar(_EARLIEST_DUE)
    return due


_EARLIEST_DUE = select(func.min(Study.complete_due_at)).where(_INCOMPLETE, _ANNOUNCED)
