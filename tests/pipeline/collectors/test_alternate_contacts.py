"""Collector `alternate_contacts`."""

from __future__ import annotations

from tests.pipeline.collectors.support import (
    MEMBER,
    ScriptedAccount,
    collect,
)


def test_contacts_keep_no_name_and_no_number() -> None:
    contact = {"Name": "Ann", "Title": "CISO", "EmailAddress": "a@example.com", "PhoneNumber": "+1"}
    rows = collect(
        "alternate_contacts", ScriptedAccount({"account:GetAlternateContact": {"AlternateContact": contact}})
    )
    assert rows["alternate_contacts"][0] == {"account_id": MEMBER, "contact_type": "SECURITY", "email": "a@example.com"}


def test_what_is_not_there_is_no_row() -> None:
    assert collect("alternate_contacts", ScriptedAccount({"account:GetAlternateContact": None})) == {
        "alternate_contacts": []
    }
