"""The Dagster definitions: wrappers over plain functions of `pipeline` and `reports`."""
