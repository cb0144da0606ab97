"""Read an organization, check what was read, judge it, and send the result where it belongs: plain Python and SQL."""

__version__ = "0.2.0"
