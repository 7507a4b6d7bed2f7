"""Tests of pure rules; they mirror the source."""
