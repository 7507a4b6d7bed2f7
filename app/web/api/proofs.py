"""Why societies have their guards: the sums, and the tables from which anybody does them again."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter

from app.directory.domain import Permission
from app.kit.errors import NotFound
from app.planning.service.proofs import ProofShown, export_sharing, show_proof
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Key, View

router = APIRouter(prefix="/plannings", tags=["planning"])

Reader = Annotated[Work, needs(Permission.VOLUME_READ)]


class KindView(View):
    """A kind of guard; `_millionths` are of one guard."""

    segment: str
    line: str
    kind: str
    of_seats: int
    share: int
    opening_millionths: int
    ceded_millionths: int
    entitled_millionths: int
    seats: int
    closing_millionths: int
    deviation_millionths: int
    deviation_at: datetime | None


class ProofView(View):
    """Why a society has its guards in a planning."""

    planning_id: int
    society_id: int
    society: str
    published_at: datetime | None
    volume: int
    of_volume: int
    share: int
    entitled_millionths: int
    seats: int
    closing_millionths: int
    kinds: list[KindView]
    departed_ids: list[int]
    """Societies that were said to leave after the guards were published: counted as members."""
    is_confirmed: bool
    """Whoever works the exported tables out again finds the same numbers."""


@router.get("/{planning_id}/proofs/{society_id}", responses=raises(NotFound))
async def get_proof(planning_id: Key, society_id: Key, work: Reader) -> ProofView:
    """Tell why a society has its guards in a planning, as it was last shared and published."""
    shown = await show_proof(
        work.session, planning_id=planning_id, society_id=society_id, actor=work.actor
    )
    return _view(shown, planning_id=planning_id)


@router.get("/{planning_id}/sharing", responses=raises(NotFound))
async def export_tables(
    planning_id: Key, work: Reader
) -> dict[str, list[dict[str, str | int | None]]]:
    """Export all that the sharing of a planning depends on, and all that it says, as tables."""
    tables = await export_sharing(work.session, planning_id=planning_id, actor=work.actor)
    return {name: [dict(row) for row in rows] for name, rows in tables.items()}


def _view(shown: ProofShown, *, planning_id: int) -> ProofView:
    proof = shown.proof
    return ProofView(
        planning_id=planning_id,
        society_id=proof.society,
        society=proof.name,
        published_at=shown.published_at,
        volume=proof.volume,
        of_volume=proof.of_volume,
        share=proof.share,
        entitled_millionths=proof.entitled,
        seats=proof.seats,
        closing_millionths=proof.closing,
        kinds=[
            KindView(
                segment=each.of.segment,
                line=each.of.line.value,
                kind=each.of.kind.value,
                of_seats=each.of_seats,
                share=each.share,
                opening_millionths=each.opening,
                ceded_millionths=each.ceded,
                entitled_millionths=each.entitled,
                seats=each.seats,
                closing_millionths=each.closing,
                deviation_millionths=each.spread.millionths,
                deviation_at=each.spread.at,
            )
            for each in proof.cells
        ],
        departed_ids=[each.id for each in shown.shown.departed],
        is_confirmed=shown.is_confirmed,
    )
