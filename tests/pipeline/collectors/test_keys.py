"""AWS keys in variables, by name and by value."""

from __future__ import annotations

import pytest

from pipeline.collectors._keys import NAMED_LIKE_A_KEY, aws_key_variables
from tests.pipeline.collectors.support import (
    KEY,
    SECRET,
)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, []),
        ({"TABLE": "orders", "AKIA_NOTE": "see wiki"}, []),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": SECRET}, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]),
        ({"aws_secret_access_key": "x"}, ["aws_secret_access_key"]),
        ({"URL": f"s3://{KEY}:x@bucket"}, ["URL"]),
        ({"OLD": KEY.replace("AKIA", "ASIA")}, ["OLD"]),
        ({"LONGER": f"{KEY}A", "INSIDE": f"X{KEY}", "SMALL": KEY.lower()}, []),
        ({KEY: "x"}, [NAMED_LIKE_A_KEY]),
    ],
)
def test_keys_are_found_by_name_and_by_value(variables: dict[str, str], expected: list[str]) -> None:
    assert aws_key_variables(variables.items()) == expected
