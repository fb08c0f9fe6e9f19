"""Conversations as officers have them; `tests/test_transcripts.py` runs them with buttons and without."""
