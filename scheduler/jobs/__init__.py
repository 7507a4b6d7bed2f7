"""The jobs of the scheduler, one module each."""

from scheduler.jobs import dispatch, studies

JOBS = (studies.JOB, dispatch.JOB)
