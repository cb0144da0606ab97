"""Changes in words; what they do is tried in test_trials."""

from __future__ import annotations

import pytest

from pipeline.explain.changes import Add, Bind, Enter, short
from pipeline.explain.denials import denial

APP = "arn:aws:iam::111111111111:role/path/app"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Bind(APP, "arn:aws:iam::aws:policy/PowerUserAccess"), "with PowerUserAccess as its permissions boundary"),
        (Bind(APP, None), "without its permissions boundary"),
        (Add("inline", APP, denial(["iam:*"])), "with a Deny of iam:* on * in an inline policy of role path/app"),
        (
            Add("SERVICE_CONTROL_POLICY", "111111111111", denial(["s3:b", "s3:a"])),
            "with a Deny of s3:a, s3:b on * in an SCP on account 111111111111, or above it",
        ),
        (
            Enter("vendors", account_id="444455556666"),
            "with an entry for 444455556666 under [[vendors]] in the register",
        ),
        (
            Enter("delegated_administrators", account_id="1", service_principal="x.amazonaws.com"),
            "with an entry for 1 and x.amazonaws.com under [[delegated_administrators]] in the register",
        ),
    ],
)
def test_in_words(change: object, words: str) -> None:
    assert str(change) == words


def test_only_arns_of_iam_are_shortened() -> None:
    assert short(APP) == "role path/app"
    assert short("arn:aws:s3:::bucket/key") == "arn:aws:s3:::bucket/key"
    assert short("111111111111") == "111111111111"
