"""From the landing to the published database: the SQL models, one transaction a night, and the history."""
