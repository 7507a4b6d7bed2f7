"""Fakes of ports, run through the contract tests of the real adapters."""
