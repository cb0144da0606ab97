"""Checks of a night's inputs: declared with the schemas, reconciled, and run by Great Expectations."""
