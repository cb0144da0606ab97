"""Read an organization, check what was read, judge it, and send the result where it belongs: plain Python and SQL."""

from importlib.resources import files
from pathlib import Path

__version__ = "0.2.0"

SQL = Path(str(files("pipeline").joinpath("sql"))).resolve()
"""The models, one file each. In a checkout `pipeline/sql` is a link to the top-level folder; a wheel has them there."""
