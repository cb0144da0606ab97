"""The Dagster code location and the command line: wiring only. What is wired lives in `pipeline` and `reports`."""
