"""The report: static pages over the published database. Reads `rolecall.duckdb`, writes a folder."""
