"""Account management: alternate contacts, contact information and regions, of one's own account or a member's."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError
from demo.emulator.paging import BadToken, take
from demo.organization.model import Account

REGIONS = (
    "ap-northeast-1,ap-northeast-2,ap-northeast-3,ap-south-1,ap-southeast-1,ap-southeast-2,ca-central-1,"
    "eu-central-1,eu-north-1,eu-west-1,eu-west-2,eu-west-3,sa-east-1,us-east-1,us-east-2,us-west-1,us-west-2"
)
OPT_IN_REGIONS = ("af-south-1", "ap-east-1", "eu-central-2", "eu-south-1", "il-central-1", "me-south-1")


def get_alternate_contact(call: Call) -> dict[str, Any]:
    kind, account = call.need("AlternateContactType"), _subject(call)
    contact = account.contacts.get(kind)
    if contact is None:
        raise ApiError("ResourceNotFoundException", "No contact of the inputted alternate contact type found.", 404)
    return {
        "AlternateContact": {
            "Name": contact.name,
            "Title": contact.title,
            "EmailAddress": contact.email,
            "PhoneNumber": contact.phone,
            "AlternateContactType": kind,
        }
    }


def get_contact_information(call: Call) -> dict[str, Any]:
    account = _subject(call)
    return {
        "ContactInformation": {
            "FullName": "Halden Group Cloud Desk",
            "CompanyName": "Halden Group",
            "AddressLine1": "Hafenstrasse 12",
            "City": "Hamburg",
            "PostalCode": "20457",
            "CountryCode": "DE",
            "PhoneNumber": "+494055501000",
            "WebsiteUrl": f"https://halden.example/accounts/{account.name}",
        },
        "VerificationStatus": "VERIFIED",
    }


def get_primary_email(call: Call) -> dict[str, Any]:
    return {"PrimaryEmail": _subject(call).email}


def get_account_information(call: Call) -> dict[str, Any]:
    account = _subject(call)
    return {
        "AccountId": account.id,
        "AccountName": account.name,
        "AccountCreatedDate": account.joined,
        "AccountState": account.state,
    }


def list_regions(call: Call) -> dict[str, Any]:
    account, statuses = _subject(call), call.get("RegionOptStatusContains")
    rows = [{"RegionName": r, "RegionOptStatus": "ENABLED_BY_DEFAULT"} for r in REGIONS.split(",")]
    for region in OPT_IN_REGIONS:
        enabled = region == "eu-central-2" and account.tags.get("business_unit") == "payments"
        rows.append({"RegionName": region, "RegionOptStatus": "ENABLED" if enabled else "DISABLED"})
    rows = [r for r in rows if not statuses or r["RegionOptStatus"] in statuses]
    try:
        page, token = take(
            rows, call.get("NextToken"), int(call.get("MaxResults", 50)), f"regions{account.id}{statuses}"
        )
    except BadToken:
        raise ApiError("ValidationException", "Invalid NextToken") from None
    return {"Regions": list(page)} | ({"NextToken": token} if token else {})


def _subject(call: Call) -> Account:
    """The requested account: the caller's own, or a member's if the caller administers the organization."""
    account_id = call.get("AccountId")
    if account_id is None:
        return call.account
    if not (call.is_management or call.is_delegated("account.amazonaws.com")) or account_id == call.account.id:
        # AWS refuses one's own id too: leave it out.
        raise ApiError(
            "AccessDeniedException",
            f"User: {call.session.arn} is not authorized to perform: account:{call.operation}"
            " (The management account or a delegated administrator must name a member account)",
            403,
        )
    account = call.organization.accounts.get(account_id)
    if account is None or account.state == "CLOSED":
        raise ApiError("ResourceNotFoundException", f"Account {account_id} was not found.", 404)
    return account
