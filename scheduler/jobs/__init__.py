"""The jobs of the scheduler, one module each."""
