"""Contracts: OpenAPI, golden files, ports."""
