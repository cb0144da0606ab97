"""The Dagster code location and the command line. Wiring only: the logic is in `pipeline` and `reports`."""
