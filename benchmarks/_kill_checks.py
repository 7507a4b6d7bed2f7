"""What must be true after the last kill: all that was acknowledged is there, once, unchanged."""

import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from app.db.engine import connect
from app.kit.clock import read_monotonic_s
from app.store.layout import Layout
from benchmarks._ingest_files import digest_data_set
from benchmarks._kill_senders import Sent
from dicom_gateway.segments.reading import survey

Wrong = list[str]
"""Sentences; none when all is well."""

_ROWS = """
SELECT instance.sop_instance_uid, instance.path, instance.digest, instance.repeat,
       study.study_instance_uid
FROM instance JOIN series ON series.id = instance.series_id
JOIN study ON study.id = series.study_id
"""
_STUDIES = "SELECT study_instance_uid, instance_count FROM study"
_CASES = """
SELECT study.study_instance_uid, count(*) FROM case_study
JOIN study ON study.id = case_study.study_id
WHERE case_study.ended_at IS NULL GROUP BY 1
"""


def wait_until_indexed(layout: Layout, *, within_s: float) -> bool:
    """Wait until nothing waits for the index any more; tell whether it came to that."""
    until_s = read_monotonic_s() + within_s
    while survey(layout.segments).waiting or any(layout.incoming.glob("*.dcm")):
        if read_monotonic_s() > until_s:
            return False
        time.sleep(0.1)
    return True


def check_kept(database_url: str, *, layout: Layout, sent: Sent) -> Wrong:
    """Check every acknowledged image, every row, every file and every study."""
    with connect(database_url) as connection:
        rows = connection.execute(_ROWS).fetchall()
        studies = connection.execute(_STUDIES).fetchall()
        cases = connection.execute(_CASES).fetchall()
    kept = {str(uid): bytes(kept_digest) for uid, _, kept_digest, _, _ in rows}
    wrong = [
        f"{uid} was acknowledged and is not indexed" for uid in sent.acknowledged - kept.keys()
    ]
    wrong += [
        f"{uid} was acknowledged with other bytes than are kept"
        for uid in sent.acknowledged.keys() & kept.keys()
        if kept[uid] != sent.digest_of(uid)
    ]
    for uid, path, kept_digest, repeat, _ in rows:
        wrong += _check_file(layout.data_dir / path, uid=uid, expected=bytes(kept_digest))
        wrong += [f"{uid} counts as a repeat, and was the same each time"] if repeat else []
    wrong += _find_doubles("image", [uid for uid, *_ in rows])
    wrong += _find_doubles("study", [uid for uid, _ in studies])
    wrong += [f"study {uid} is in {count} cases" for uid, count in cases if count > 1]
    counted = Counter(str(uid) for *_, uid in rows)
    wrong += _check_counts(dict(studies), counted=counted, begun=sent.studies)
    return wrong + _find_left(layout)


def _check_file(path: Path, *, uid: str, expected: bytes) -> Wrong:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return [f"the file of {uid} is missing"]
    return [] if digest_data_set(content) == expected else [f"the file of {uid} is another one"]


def _find_doubles(what: str, uids: list[str]) -> Wrong:
    return [
        f"{what} {uid} is there {count} times" for uid, count in Counter(uids).items() if count > 1
    ]


def _check_counts(
    studies: Mapping[str, int], *, counted: Mapping[str, int], begun: set[str]
) -> Wrong:
    wrong = [f"study {uid} was never sent" for uid in studies.keys() - begun]
    return wrong + [
        f"study {uid} counts {count} images and has {counted.get(uid, 0)}"
        for uid, count in studies.items()
        if count != counted.get(uid, 0)
    ]


def _find_left(layout: Layout) -> Wrong:
    left = [*layout.incoming.glob("*.dcm"), *layout.quarantine.glob("*")]
    left += layout.segments.glob("*.damaged")
    return [f"{path.name} was left in {path.parent.name}" for path in left]
