"""What must be true after a soak."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydicom import dcmread
from pydicom.uid import BasicTextSRStorage, EncapsulatedPDFStorage

from app.db.engine import connect
from app.store.layout import Layout
from benchmarks._ingest_files import digest_data_set

Wrong = list[str]
"""Sentences; none when all is well."""

_GROWTH = 1.3
_SLACK_MIB = 30.0
_INSTANCES = "SELECT sop_instance_uid, path, digest FROM instance"
_CASES = """
SELECT study.study_instance_uid, "case".id, "case".state
FROM study LEFT JOIN case_study ON case_study.study_id = study.id AND case_study.ended_at IS NULL
LEFT JOIN "case" ON "case".id = case_study.case_id
"""
_UNFINISHED = """
SELECT (SELECT count(*) FROM unnest(%s::text[]) AS sent (uid) WHERE NOT EXISTS (
            SELECT FROM study
            JOIN case_study ON case_study.study_id = study.id AND case_study.ended_at IS NULL
            JOIN "case" ON "case".id = case_study.case_id
            WHERE study.study_instance_uid = sent.uid AND "case".state = 'delivered'))
     + (SELECT count(*) FROM "case" WHERE state <> 'delivered')
     + (SELECT count(*) FROM delivery WHERE state IN ('waiting', 'sending'))
"""


def count_unfinished(database_url: str, *, sent: Sequence[str]) -> int:
    """Count the studies that have no delivered case, open cases, and what waits to be sent."""
    with connect(database_url) as connection:
        row = connection.execute(_UNFINISHED, (list(sent),)).fetchone()
    return int(row[0]) if row is not None else 0


def check_store(database_url: str, *, data_dir: Path, acknowledged: set[str]) -> Wrong:
    """Check that each acknowledged instance is indexed, and its file has the digest of its row."""
    with connect(database_url) as connection:
        rows = connection.execute(_INSTANCES).fetchall()
    wrong = [
        f"{uid} was acknowledged and is not kept" for uid in acknowledged - {r[0] for r in rows}
    ]
    if len(rows) != len({row[0] for row in rows}):
        wrong.append("an instance was kept twice, although it was the same each time")
    for uid, path, digest in rows:
        file = data_dir / str(path)
        if not file.exists() or digest_data_set(file.read_bytes()) != bytes(digest):
            wrong.append(f"the file of {uid} is missing or is not what arrived")
    layout = Layout(data_dir)
    left = [*layout.incoming.glob("*"), *layout.quarantine.glob("*")]
    return wrong + [f"{path.name} was left in {path.parent.name}" for path in left]


def check_cases(database_url: str, *, sent: Sequence[str], hospital: Path) -> Wrong:
    """Check that each study has one case, delivered, and that the hospital holds both documents."""
    with connect(database_url) as connection:
        rows = connection.execute(_CASES).fetchall()
    states: defaultdict[str, list[str]] = defaultdict(list)
    for uid, case_id, state in rows:
        states[str(uid)].append(f"case {case_id} is {state}")
    wrong = []
    held = _read_documents(hospital)
    for uid in sent:
        (first, *more) = states.get(uid, ["study is not indexed"])
        if more or not first.endswith("is delivered"):
            wrong.append(f"study {uid}: {', '.join([first, *more])}")
        elif not held[uid] >= {BasicTextSRStorage, EncapsulatedPDFStorage}:
            wrong.append(f"study {uid}: the hospital lacks a document of it")
    return wrong


def _read_documents(folder: Path) -> Mapping[str, set[str]]:
    held: defaultdict[str, set[str]] = defaultdict(set)
    for path in folder.glob("*.dcm"):
        header = dcmread(path, specific_tags=["SOPClassUID", "StudyInstanceUID"])
        held[str(header.StudyInstanceUID)].add(str(header.SOPClassUID))
    return held


def check_memory(samples: Mapping[str, Sequence[float]]) -> Wrong:
    """Check that no process needed much more in the last quarter than in the second one."""
    wrong = []
    for name, values in samples.items():
        quarter = max(1, len(values) // 4)
        early, late = max(values[quarter : 2 * quarter] or values), max(values[-quarter:])
        print(
            f"  memory of {name:<10} {early:.0f} MiB in the second quarter, {late:.0f} in the last"
        )
        if late > _GROWTH * early + _SLACK_MIB:
            wrong.append(f"{name} grew from {early:.0f} to {late:.0f} MiB")
    return wrong
