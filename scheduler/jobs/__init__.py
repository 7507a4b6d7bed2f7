"""The jobs of the scheduler, one module each."""

from scheduler.jobs import deliveries, dispatch, documents, studies

JOBS = (studies.JOB, dispatch.JOB, documents.JOB, deliveries.JOB)
