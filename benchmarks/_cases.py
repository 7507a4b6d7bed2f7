"""Cases in bulk, with what the worklist reads beside them: written by SQL, without the triggers."""

from app.db.engine import connect

_FIRST_KEY = 1_000_000
# Triggers and foreign keys are not checked: the rows fit, and so it takes seconds.
_ROWS = """
SET LOCAL session_replication_role = replica;
CREATE TEMPORARY TABLE wanted ON COMMIT DROP AS
SELECT {first} + n AS key, n, now() - n * interval '20 seconds' AS at
FROM generate_series(1, {count}) AS n;

INSERT INTO patient (id, domain_id, patient_id, patient_name, patient_birth_date, patient_sex)
OVERRIDING SYSTEM VALUE
SELECT key, (SELECT min(id) FROM domain), 'M' || key, 'Mesure^' || key, '19510203', 'F'
FROM wanted;

INSERT INTO study (id, domain_id, study_instance_uid, patient_id, site_id, sender_id,
    called_ae_title, modalities, first_image_at, last_image_at, instance_count, announced_count,
    complete_due_at, complete_at)
OVERRIDING SYSTEM VALUE
SELECT key, sender.domain_id, '2.25.' || key, key, sender.site_id, sender.id,
    'ASTREINTE', ARRAY['CT'], at, at, 300, 300, at, at
FROM wanted, (SELECT * FROM sender ORDER BY id LIMIT 1) AS sender;

INSERT INTO "case" (id, site_id, patient_id, priority, priority_reason, state, state_at,
    created_at, first_image_at, complete_at, description, instance_count, signed_due_at,
    exam_modality, exam_region)
OVERRIDING SYSTEM VALUE
SELECT key, study.site_id, key, 'P' || n % 4 + 1, 'measured', '{state}', at,
    at, at, at, 'CT SCANNER CEREBRAL', 300, at + interval '1 hour', 'CT', 'head'
FROM wanted JOIN study ON study.id = key;

INSERT INTO case_study (case_id, study_id, linked_at) SELECT key, key, at FROM wanted;

INSERT INTO decision (id, case_id, at, cause, rule_version, inputs, ranking, exclusions)
OVERRIDING SYSTEM VALUE
SELECT key, key, at, 'opened', 'measured', '{{}}', '[]', '[]' FROM wanted;

INSERT INTO nomination (case_id, radiologist_id, decision_id, nominated_at, ended_at)
SELECT key, radiologist.id, key, at, {ended}
FROM wanted
CROSS JOIN (SELECT count(*) AS count FROM radiologist) AS everybody
CROSS JOIN generate_series(0, 1) AS which
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS number FROM radiologist) AS radiologist
    ON radiologist.number = 1 + (n + which) % everybody.count;

INSERT INTO delivery (kind, case_id, endpoint_id, study_id, state, created_at, asked_at,
    due_at, sent_count, delivered_at)
SELECT 'images', key, (SELECT min(id) FROM endpoint), key, 'delivered', at, at, at, 300, at
FROM wanted;
"""


def add_open_cases(database_url: str, *, count: int) -> None:
    """Add nominated cases; no deadline of theirs ever wakes the scheduler."""
    _add(database_url, first=_FIRST_KEY, count=count, state="nominated", ended="NULL")


def add_closed_cases(database_url: str, *, count: int, first: int) -> None:
    """Add cases that were delivered; `first` is below all their keys."""
    _add(database_url, first=first, count=count, state="delivered", ended="at")


def _add(database_url: str, *, first: int, count: int, state: str, ended: str) -> None:
    rows = _ROWS.format(first=first, count=count, state=state, ended=ended)
    with connect(database_url) as connection:
        with connection.transaction():
            connection.execute(rows.encode())
        connection.autocommit = True
        connection.execute("VACUUM (ANALYZE)")
        # Years of nights are on the disk: what was written in bulk shall not be written meanwhile.
        connection.execute("CHECKPOINT")
