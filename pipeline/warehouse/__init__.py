"""The warehouse: SQL models, one transaction per night, and the history."""
