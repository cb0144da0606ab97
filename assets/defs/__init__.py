"""The Dagster definitions: thin wrappers around functions of `pipeline` and `reports`."""
