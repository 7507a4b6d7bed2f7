"""The jobs of the scheduler, one module each."""

from scheduler.jobs import (
    associations,
    deliveries,
    disk,
    dispatch,
    documents,
    repeats,
    requests,
    retention,
    studies,
)

JOBS = (
    studies.JOB,
    dispatch.JOB,
    documents.JOB,
    deliveries.JOB,
    disk.JOB,
    retention.JOB,
    requests.JOB,
    associations.JOB,
    repeats.JOB,
)
