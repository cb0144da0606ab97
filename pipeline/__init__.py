"""The pipeline in plain Python and SQL: read an organization, check the data, evaluate it, publish the results."""

from importlib.resources import files
from pathlib import Path

__version__ = "0.2.0"

SQL = Path(str(files("pipeline").joinpath("sql"))).resolve()
"""The SQL models, one file each. In a checkout `pipeline/sql` is a link to the top-level folder."""
