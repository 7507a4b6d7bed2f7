"""Where a prior is wanted: what may leave, whose it is, and who else waits for it."""

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Exists,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.cases.domain.states import CaseState
from app.cases.models import Case
from app.delivery.models import CasePrior, Delivery
from app.directory.models import Centre, Radiologist
from app.dispatch.models import Nomination
from app.intake.models import Study

_CASE_ID = bindparam("given_case_id", type_=BigInteger)


def may_leave() -> ColumnElement[bool]:
    """Is it no prior, or one that a case still has, and nobody doubts whose images it is?"""
    study, of = aliased(Study), aliased(Case)
    is_certain = exists().where(study.id == Delivery.study_id, study.identity_open.is_(False))
    is_chosen = exists().where(
        CasePrior.study_id == Delivery.study_id,
        of.id == CasePrior.case_id,
        of.state != CaseState.VOIDED.value,
    )
    return or_(
        Delivery.is_prior.is_(False),
        and_(is_certain.correlate(Delivery), is_chosen.correlate(Delivery)),
    )


def is_unread() -> ColumnElement[bool]:
    """Is its case read, or offered, but only elsewhere? While nobody has it, it is not."""
    offered = exists().where(Nomination.case_id == Case.id, Nomination.ended_at.is_(None))
    return (
        exists()
        .where(
            Case.id == Delivery.case_id,
            or_(Case.reader_id.is_not(None), offered.correlate(Case)),
            ~_is_read_here(Case).correlate(Case, Delivery),
        )
        .correlate(Delivery)
    )


def _is_read_here(of: type[Case]) -> Exists:
    """Is a case read, or offered, where the delivery goes?"""
    offered_to = exists().where(
        Nomination.case_id == of.id,
        Nomination.ended_at.is_(None),
        Nomination.radiologist_id == Radiologist.id,
    )
    return exists().where(
        Radiologist.centre_id == Centre.id,
        Centre.endpoint_id == Delivery.endpoint_id,
        or_(Radiologist.id == of.reader_id, offered_to.correlate(of, Radiologist)),
    )


def is_chosen() -> ColumnElement[bool]:
    """Is it a prior of its case?"""
    return (
        exists()
        .where(CasePrior.case_id == Delivery.case_id, CasePrior.study_id == Delivery.study_id)
        .correlate(Delivery)
    )


_OTHER = aliased(Case)
_OTHERS = (
    select(func.min(CasePrior.case_id))
    .join(_OTHER, _OTHER.id == CasePrior.case_id)
    .where(
        CasePrior.study_id == Delivery.study_id,
        CasePrior.case_id != _CASE_ID,
        _OTHER.state != CaseState.VOIDED.value,
        _is_read_here(_OTHER).correlate(_OTHER, Delivery),
    )
    .correlate(Delivery)
    .scalar_subquery()
)
_IS_VOIDED = exists().where(Case.id == Delivery.case_id, Case.state == CaseState.VOIDED.value)
_GIVE = (
    update(Delivery)
    .where(
        Delivery.case_id == _CASE_ID,
        Delivery.is_prior,
        or_(is_unread(), _IS_VOIDED.correlate(Delivery), ~is_chosen()),
        _OTHERS.is_not(None),
    )
    .values(case_id=_OTHERS)
    .execution_options(synchronize_session=False)
)
"""Built once: it runs with each offer."""


async def give_to_others(session: AsyncSession, *, case_id: int) -> None:
    """Let a prior that a case wants no more be sent for another that is read at the same node.

    There is one delivery of a study to a node, whatever the number of cases that have it as prior:
    it stays for the last of them.
    """
    await session.execute(_GIVE, {"given_case_id": case_id})
