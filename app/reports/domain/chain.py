"""Which of the signed versions of a case stand, and which were withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.reports.domain.document import DocumentKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What the last of some signed versions says.

    Attributes
    ----------
    report
        Index of the last report among them, from 0.
    addenda
        Indexes of its addenda, in order.
    is_withdrawn
        Whether the report was withdrawn since.
    """

    report: int
    addenda: tuple[int, ...]
    is_withdrawn: bool


def read_chain(kinds: Sequence[DocumentKind]) -> Chain:
    """Read the signed versions of one case, in order.

    A withdrawal takes the report and its addenda back; only a new report may follow it.

    Raises
    ------
    ValueError
        If there is none, or they cannot follow each other.
    """
    chain: Chain | None = None
    for index, kind in enumerate(kinds):
        chain = _follow(chain, index=index, kind=kind)
    if chain is None:
        msg = "a case without a signed report has no versions to read"
        raise ValueError(msg)
    return chain


def _follow(chain: Chain | None, *, index: int, kind: DocumentKind) -> Chain:
    is_new = kind is DocumentKind.REPORT
    if (chain is None or chain.is_withdrawn) is not is_new:
        msg = f"signed version {index + 1} is of kind {kind}, which cannot follow what is before it"
        raise ValueError(msg)
    if chain is None or is_new:
        return Chain(report=index, addenda=(), is_withdrawn=False)
    if kind is DocumentKind.WITHDRAWAL:
        return Chain(report=chain.report, addenda=chain.addenda, is_withdrawn=True)
    return Chain(report=chain.report, addenda=(*chain.addenda, index), is_withdrawn=False)
