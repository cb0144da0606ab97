"""From what boto3 gives to what a row holds."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.collectors import (
    _values,
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"Version": "2012-10-17", "Statement": []}, '{"Version":"2012-10-17","Statement":[]}'),
        ('{"Statement": "é"}', '{"Statement":"é"}'),
        ('{"Statement": [', '{"Statement": ['),
        ("%7B%22Statement%22%3A", '{"Statement":'),
        ("100% wrong", "100% wrong"),
        (None, None),
    ],
)
def test_documents(given: Any, expected: str | None) -> None:
    assert _values.document(given) == expected


def test_tags_are_an_object_by_key() -> None:
    assert _values.tags([{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]) == '{"a":"1","b":"2"}'
    assert _values.tags(None) == "{}"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("AKIAIOSFODNN7EXAMPLE", "(an access key id)"),
        ("AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "(an access key id):(a secret access key)"),
        ("key_wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "key_(a secret access key)"),
        ("0a1b2c3d4e5f67890a1b2c3d4e5f67890a1b2c3d", "0a1b2c3d4e5f67890a1b2c3d4e5f67890a1b2c3d"),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYandMore", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYandMore"),
    ],
)
def test_keys_in_tags_are_masked(value: str, kept: str) -> None:
    assert _values.tags([{"Key": "note", "Value": value}]) == _values.tag_map({"note": value}) == f'{{"note":"{kept}"}}'
