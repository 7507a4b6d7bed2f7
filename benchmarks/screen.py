"""First image of a P1 until its row stands in the page of who is asked, beside 200 open pages.

One study of one slice a second for SCREEN_SECONDS (300), then SCREEN_BURST (1000) of them within a
minute. It begins when the modality hands over the image, and ends when the page of a nominee has
the row: of those who are asked first, not of those who are when nobody has taken it for a minute.
Two pages (SCREEN_BROWSERS) are Chromium's, and there the row must stand in the DOM; the others of
SCREEN_PAGES (200) hold the stream open and take the rows as the page's script does: no machine of
two cores runs 200 browsers. These others do only that: unlike Chromium's they neither ask for
notifications (every ten seconds, and when a row of their reader changes) nor confirm them.

Each page of those who were asked first is waited for, until a minute after the last study was
sent; a row that has not come to one of them by then is counted, and none may be.
"""

import os
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from app.db.engine import connect
from app.demo.peers.node import ReceivingNode
from app.demo.seeding.seed import Nodes
from app.kit.clock import read_host_clock
from benchmarks._figures import Figures, Limit, find_p99, read_own_version, report_all
from benchmarks._folders import make_bench_folder
from benchmarks._gcs import Gcs, running_gcs
from benchmarks._screen_modality import send_at_pace
from benchmarks._screen_pages import Pages
from benchmarks._screen_seen import Seen
from benchmarks._studies import make_study

_SECONDS, _BURST, _PAGES, _BROWSERS = 300, 1000, 200, 2
_WARM_UP = 5
_BURST_S = 60.0
_BAR_S, _BURST_BAR_S = 0.5, 3.0
_SHOWN_WITHIN_S = 60.0
_ON_GUARD = """
SELECT DISTINCT "user".login FROM assignment
JOIN "user" ON "user".radiologist_id = assignment.radiologist_id
WHERE assignment.in_force AND assignment.period @> now() ORDER BY 1
"""

_FIRST_ASKED = """
SELECT right(patient.patient_name, 6), array_agg("user".login)
FROM nomination
JOIN "case" ON "case".id = nomination.case_id
JOIN patient ON patient.id = "case".patient_id
JOIN "user" ON "user".radiologist_id = nomination.radiologist_id
WHERE nomination.nominated_at = (
  SELECT min(first.nominated_at) FROM nomination AS first WHERE first.case_id = "case".id)
GROUP BY 1
"""


def main(*, json: Path | None) -> int:
    """Measure both, and judge them."""
    return report_all(tell_screen(), json_file=json)


def tell_screen() -> list[dict[str, Any]]:
    """Measure a steady stream of studies, then a burst; print the figures, give them for a file."""
    with ExitStack() as stack:
        folder = stack.enter_context(make_bench_folder())
        gcs = stack.enter_context(running_gcs(folder))
        hospital, centre = (
            stack.enter_context(
                ReceivingNode(ae_title=f"{name.upper()}_PACS", folder=folder / name)
            )
            for name in ("hospital", "centre")
        )
        gcs.enter_directory(Nodes(hospital_port=hospital.port, centre_port=centre.port))
        pages = stack.enter_context(
            Pages(
                gcs,
                logins=_list_on_guard(gcs.platform.database_url),
                count=_read("SCREEN_PAGES", _PAGES),
                browsers=_read("SCREEN_BROWSERS", _BROWSERS),
            )
        )
        return _measure(gcs, pages)


def _list_on_guard(url: str) -> list[str]:
    """List who may be asked now, by login: each of them has pages open."""
    with connect(url) as connection:
        return [str(row[0]) for row in connection.execute(_ON_GUARD).fetchall()]


def _map_first_asked(url: str) -> dict[str, frozenset[str]]:
    """Map studies, by name, to those who were asked first to read them, by login."""
    with connect(url) as connection:
        rows = connection.execute(_FIRST_ASKED).fetchall()
        return {str(name): frozenset(logins) for name, logins in rows}


def _measure(gcs: Gcs, pages: Pages) -> list[dict[str, Any]]:
    seconds, burst = _read("SCREEN_SECONDS", _SECONDS), _read("SCREEN_BURST", _BURST)
    told = []
    if seconds:
        _bring(gcs, pages, first=0, count=_WARM_UP, every_s=1.0)
        seen = _bring(gcs, pages, first=_WARM_UP, count=seconds, every_s=1.0)
        work = f"P1 to its nominee's page: one a second for {seconds} s"
        told.append(_tell(seen, work=work, count=len(pages), bar_s=_BAR_S))
    if burst:
        seen = _bring(gcs, pages, first=10_000, count=burst, every_s=_BURST_S / burst)
        work = f"P1 to its nominee's page: {burst} within a minute"
        told.append(_tell(seen, work=work, count=len(pages), bar_s=_BURST_BAR_S))
    return told


def _tell(seen: Seen, *, work: str, count: int, bar_s: float) -> dict[str, Any]:
    figures = Figures(f"{work}, {count} pages open")
    figures.versions = {"astreinte": read_own_version()}
    figures.seconds = {
        name: values
        for name, values in (("any page", seen.all_s), ("in Chromium", seen.browser_s))
        if values
    }
    if not seen.all_s:
        raise AssertionError("no page of a nominee has shown any row")
    limits = [Limit("p99 in seconds", find_p99(seen.all_s), bar_s)]
    limits.append(Limit("studies on no page of a nominee", len(seen.missing), 0))
    limits.append(Limit("rows that never came to a nominee's page", seen.missing_rows, 0))
    return figures.tell([], limits=limits)


def _bring(gcs: Gcs, pages: Pages, *, first: int, count: int, every_s: float) -> Seen:
    """Send studies at a steady pace over one association; wait for every nominee's page."""
    acquired_at = read_host_clock()
    studies = [
        make_study(number, slices=1, acquired_at=acquired_at)
        for number in range(first, first + count)
    ]
    sent_at = send_at_pace(studies, gcs=gcs, every_s=every_s)
    return pages.wait_for(
        {name.rpartition("^")[2]: at for name, at in sent_at.items()},
        map_asked=partial(_map_first_asked, gcs.platform.database_url),
        within_s=_SHOWN_WITHIN_S,
    )


def _read(name: str, default: int) -> int:
    return int(os.environ.get(name, default))
