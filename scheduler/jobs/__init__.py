"""The jobs of the scheduler, one module each."""

from scheduler.jobs import deliveries, disk, dispatch, documents, requests, retention, studies

JOBS = (
    studies.JOB,
    dispatch.JOB,
    documents.JOB,
    deliveries.JOB,
    disk.JOB,
    retention.JOB,
    requests.JOB,
)
