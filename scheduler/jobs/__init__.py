"""The jobs of the scheduler, one module each."""

from scheduler.jobs import (
    associations,
    counts,
    deliveries,
    disk,
    dispatch,
    documents,
    letters,
    on_call_sheet,
    repeats,
    requests,
    retention,
    studies,
    tasks,
)

JOBS = (
    repeats.JOB,
    studies.JOB,
    dispatch.JOB,
    documents.JOB,
    deliveries.JOB,
    disk.JOB,
    retention.JOB,
    on_call_sheet.JOB,
    letters.JOB,
    requests.JOB,
    associations.JOB,
    counts.JOB,
    tasks.JOB,
)
