"""Fill the places of one kind of seat, each seat of each society within its window.

The windows of a society never run backwards, so that the earliest deadline first finds an order
whenever there is one (Glover 1967, convex bipartite graphs; Steiner & Yeomans 1993, level schedules
for mixed-model just-in-time processes).
"""

from heapq import heappop, heappush

from app.planning.domain.sharing.columns import Column, Windows


class Order:
    """Who is served at each place of a column.

    Parameters
    ----------
    windows
        Between which places each turn may come.
    served
        By place: the society and its turn.
    places
        By society: the place of each of its turns, 0 for those it goes without.
    """

    def __init__(self, windows: Windows) -> None:
        self.windows = windows
        self.served: dict[int, tuple[int, int]] = {}
        self.places = [[0] * len(turns) for turns in windows.firsts]

    def put(self, society: int, *, turn: int, place: int) -> None:
        """Serve a turn at a place; what was there before is for the caller to move."""
        self.served[place] = (society, turn)
        self.places[society][turn] = place

    def count(self, society: int) -> int:
        """How many free seats the society has."""
        return sum(1 for place in self.places[society] if place)


def fill(column: Column, windows: Windows) -> Order | None:
    """Fill all free places, serving every turn that is needed; `None` if no order can.

    Ties go to the society whose name sorts first.
    """
    order = Order(windows)
    arriving = _by_first_place(column, windows)
    if arriving is None:
        return None
    waiting: list[tuple[int, int, int]] = []
    free = set(column.free)
    empty = []
    for place in range(1, column.seats + 1):
        for each in arriving[place]:
            heappush(waiting, each)
        if place not in free:
            continue
        if not _serve(order, waiting, place):
            empty.append(place)
    if any(key <= column.seats for key, _, _ in waiting):
        return None
    if empty and all(cell.last >= column.seats for cell in column.cells):
        return None
    return order if all(_fill_empty(order, place) for place in empty) else None


def _by_first_place(column: Column, windows: Windows) -> list[list[tuple[int, int, int]]] | None:
    arriving: list[list[tuple[int, int, int]]] = [[] for _ in range(column.seats + 1)]
    for society, firsts in enumerate(windows.firsts):
        for turn, first in enumerate(firsts):
            key = windows.keys[society][turn]
            if first <= column.seats:
                arriving[first].append((key, society, turn))
            elif key <= column.seats:
                return None
    return arriving


def _serve(order: Order, waiting: list[tuple[int, int, int]], place: int) -> bool:
    """Serve whoever is most urgent; a turn that is too late stays waiting if it was needed."""
    late = []
    found = False
    while waiting and not found:
        key, society, turn = heappop(waiting)
        if order.windows.lasts[society][turn] < place:
            late.append((key, society, turn))
            continue
        order.put(society, turn=turn, place=place)
        found = True
    for each in late:
        if each[0] <= order.windows.seats:
            heappush(waiting, each)
            return False
    return found


def _fill_empty(order: Order, place: int) -> bool:
    """Fill a place by moving others: only a society that leaves early can make this needed."""
    came_from: dict[int, tuple[int, int, int]] = {}
    frontier = [place]
    seen = {place}
    for here in frontier:
        for society in range(len(order.places)):
            for turn in order.windows.at(society, here):
                there = order.places[society][turn]
                if there == 0:
                    _shift(order, came_from, (here, society, turn))
                    return True
                if there not in seen:
                    seen.add(there)
                    came_from[there] = (here, society, turn)
                    frontier.append(there)
    return False


def _shift(
    order: Order, came_from: dict[int, tuple[int, int, int]], last: tuple[int, int, int]
) -> None:
    step: tuple[int, int, int] | None = last
    while step is not None:
        here, society, turn = step
        order.put(society, turn=turn, place=here)
        step = came_from.get(here)
