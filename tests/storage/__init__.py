"""Tests of storage: the writer's promises, the schema, the typed functions."""
