"""Checks of a night's input data: derived from the schemas, reconciled, and run by Great Expectations."""
