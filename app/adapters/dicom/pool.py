"""Associations that stay open for a moment after their use: the next object needs no new one.

Never an idle one beside another to the same node: many a node takes one association at a time.
"""

import select
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Condition, Thread

from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext

from app.adapters.dicom.association import Patience, associate
from app.adapters.dicom.tls import ClientContexts
from app.delivery.domain.ports import Destination
from app.kit.clock import read_monotonic_s

_Pairs = frozenset[tuple[str, str]]


@dataclass(slots=True)
class Leased:
    """An association that is in use.

    Attributes
    ----------
    ends
        Set it to have the association released at the end, and not kept.
    """

    association: Association
    ends: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    """An idle association: whose, for what, and until when (monotonic, seconds)."""

    to: Destination
    calling_ae_title: str
    proposed: _Pairs
    association: Association
    until_s: float = 0.0


class AssociationPool:
    """Keeps idle associations, and releases them when their time is over.

    Parameters
    ----------
    idle_s
        How long one is kept; 0 keeps none. pynetdicom's two threads look a thousand times a second
        whether anything has come: in a tenth of a second that is as dear as a new association. A
        node may count a study as complete only when the association ends.
    most
        Idle ones in all; one to a node.
    read_monotonic
        In seconds.
    """

    def __init__(
        self,
        *,
        idle_s: float = 0.05,
        most: int = 16,
        read_monotonic: Callable[[], float] = read_monotonic_s,
    ) -> None:
        self._idle_s = idle_s
        self._most = most
        self._read_monotonic = read_monotonic
        self._kept: list[_Kept] = []
        self._waited_for: Counter[tuple[str, int]] = Counter()
        self._changed = Condition()
        self._sweeper: Thread | None = None

    @contextmanager
    def lease(
        self,
        to: Destination,
        *,
        calling_ae_title: str,
        contexts: Sequence[PresentationContext],
        patience: Patience,
        tls: ClientContexts | None = None,
        fresh: bool = False,
    ) -> Iterator[Leased]:
        """Give an association in which all these contexts were proposed, a kept one if there is.

        A kept one that has died is replaced here, before anything is sent on it; one that dies
        later is not: an object may have been taken before. `fresh` opens one in any case, and
        keeps it not. Raises `NoAssociationError` when a new one does not come about.
        """
        kept = self._obtain(
            to,
            calling_ae_title=calling_ae_title,
            contexts=contexts,
            patience=patience,
            tls=tls,
            fresh=fresh,
        )
        leased = Leased(kept.association, ends=fresh)
        try:
            yield leased
        except BaseException:
            kept.association.abort()
            raise
        if leased.ends or not self._idle_s:
            _release(kept.association)
        elif kept.association.is_established:
            self._keep(replace(kept, until_s=self._read_monotonic() + self._idle_s))

    def _obtain(
        self,
        to: Destination,
        *,
        calling_ae_title: str,
        contexts: Sequence[PresentationContext],
        patience: Patience,
        tls: ClientContexts | None,
        fresh: bool,
    ) -> _Kept:
        proposed = frozenset(
            (str(each.abstract_syntax), str(each.transfer_syntax[0])) for each in contexts
        )
        with self._waiting_for(to):
            return self._take(
                to, calling_ae_title=calling_ae_title, wanted=proposed, fresh=fresh
            ) or _Kept(
                to,
                calling_ae_title,
                proposed,
                associate(
                    to,
                    calling_ae_title=calling_ae_title,
                    contexts=contexts,
                    patience=patience,
                    tls=tls,
                ),
            )

    def count_idle(self) -> int:
        """Count the associations that are kept."""
        with self._changed:
            return len(self._kept)

    def close(self) -> None:
        """Release all that is kept."""
        with self._changed:
            kept, self._kept = self._kept, []
            self._changed.notify_all()
        for each in kept:
            _release(each.association)

    def _take(
        self, to: Destination, *, calling_ae_title: str, wanted: _Pairs, fresh: bool
    ) -> _Kept | None:
        """Take a kept one out; release what else is open to the node."""
        with self._changed:
            own = [each for each in self._kept if _name(each.to) == _name(to)]
            self._kept = [each for each in self._kept if each not in own]
        taken = None
        for each in own:
            fits = (each.to, each.calling_ae_title) == (to, calling_ae_title) and (
                wanted <= each.proposed
            )
            if taken is None and fits and not fresh and _is_alive(each.association):
                taken = each
            else:
                _release(each.association)
        return taken

    @contextmanager
    def _waiting_for(self, to: Destination) -> Iterator[None]:
        """Let nobody keep an idle one to a node for which another is being opened."""
        with self._changed:
            self._waited_for[_name(to)] += 1
        try:
            yield
        finally:
            with self._changed:
                self._waited_for[_name(to)] -= 1

    def _keep(self, kept: _Kept) -> None:
        with self._changed:
            node = _name(kept.to)
            over = [each for each in self._kept if _name(each.to) == node]
            self._kept = [*(each for each in self._kept if each not in over), kept]
            if self._waited_for[node]:
                over.append(self._kept.pop())
            # The first is the one that has been idle for longest.
            while len(self._kept) > self._most:
                over.append(self._kept.pop(0))
            if self._sweeper is None:
                self._sweeper = Thread(target=self._sweep, name="dicom-pool", daemon=True)
                self._sweeper.start()
            self._changed.notify_all()
        for each in over:
            _release(each.association)

    def _sweep(self) -> None:
        """Release what is over; end when nothing is kept."""
        while (due := self._wait_for_due()) is not None:
            for each in due:
                _release(each.association)

    def _wait_for_due(self) -> list[_Kept] | None:
        with self._changed:
            while self._kept:
                now_s = self._read_monotonic()
                due = [each for each in self._kept if _is_over(each, now_s=now_s)]
                if due:
                    self._kept = [each for each in self._kept if each not in due]
                    return due
                self._changed.wait(min(each.until_s for each in self._kept) - now_s)
            self._sweeper = None
            return None


def _name(to: Destination) -> tuple[str, int]:
    """Name a node: by several titles it is still one that may take one association at a time."""
    return to.host, to.port


def _is_over(kept: _Kept, *, now_s: float) -> bool:
    return kept.until_s <= now_s or not kept.association.is_established


def _is_alive(association: Association) -> bool:
    """Tell whether an idle association can be used: nothing has come, not even its end.

    A node says nothing unasked but that it ends the association, which pynetdicom's own thread may
    not have read yet.
    """
    wrapper = association.dul.socket
    connection = wrapper.socket if wrapper else None
    if not association.is_established or connection is None:
        return False
    poller = select.poll()
    try:
        poller.register(connection, select.POLLIN)
        return not poller.poll(0)
    except (OSError, ValueError):
        return False


def _release(association: Association) -> None:
    if association.is_established:
        association.release()
