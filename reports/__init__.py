"""The report: static pages built from the published database `rolecall.duckdb`."""
