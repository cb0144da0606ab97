"""The error of everything that must not go on, apart from the settings, which take longer to import than `--help`."""


class Refused(Exception):
    """The run cannot start or must not publish (exit code 2). The message is one sentence: what, where, what to do."""
