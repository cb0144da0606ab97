"""AWS keys in environment variables and tags: detected and reported by variable name, never stored."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.schema import Column

KEY_ID = re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])")
# Forty characters of base64 in both cases: neither the hash of a commit nor a path.
SECRET = re.compile(r"(?<![A-Za-z0-9/+])(?=[A-Z0-9/+]*[a-z])(?=[a-z0-9/+]*[A-Z])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])")
NAMES = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"})
NAMED_LIKE_A_KEY = "(a name that is itself a key)"

COLUMNS = (
    Column(
        "has_aws_key_variable",
        "boolean",
        "Whether a plaintext variable contains an AWS key, by its name or value; null where AWS withholds them",
    ),
    Column("aws_key_variables", "varchar[]", "Names of those variables; values are never stored", required=True),
)


def aws_key_variables(variables: Iterable[tuple[str, str]]) -> list[str]:
    """Names of the variables that contain an AWS key. A name that is itself a key id is not repeated."""
    variables_with_key = {
        name for name, value in variables if name.upper() in NAMES or KEY_ID.search(f"{name} {value}")
    }
    return sorted({NAMED_LIKE_A_KEY if KEY_ID.search(name) else name for name in variables_with_key})


def masked(text: str) -> str:
    """The text without access key ids and anything that looks like a secret access key."""
    return SECRET.sub("(a secret access key)", KEY_ID.sub("(an access key id)", text))
