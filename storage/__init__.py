"""The only place that knows SQL: typed functions over one SQLite file, one module per concept."""
