"""Reporting: what a form asks, the shared draft, the questions, the checks, filing and correcting."""
