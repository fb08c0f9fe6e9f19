"""Tests of the doctor: one check made to fail at a time."""
