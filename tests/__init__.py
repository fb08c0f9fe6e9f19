"""Tests: transcripts an officer can read, and tests that mirror the floors."""
