"""Collector `contact_information`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.collectors.support import MEMBER, rows_of, scripted

CONTACT = {"FullName": "Eve", "PhoneNumber": "+49405550", "City": "Hamburg"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"ContactInformation": CONTACT, "VerificationStatus": "UNVERIFIED"}, ["UNVERIFIED"]),
        ({"ContactInformation": CONTACT}, [None]),
        (None, []),
    ],
)
def test_only_the_verification_is_kept(answer: dict[str, Any] | None, expected: list[str | None]) -> None:
    rows = rows_of("contact_information", scripted({"account:GetContactInformation": answer}))
    assert rows == [{"account_id": MEMBER, "phone_verification": status} for status in expected]
