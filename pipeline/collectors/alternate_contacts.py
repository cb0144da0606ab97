"""Alternate contacts of the account. Names, titles and telephone numbers are not stored.

A contact that is set is asked for once in seven nights, one that is not every night.
"""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._turns import stays
from pipeline.schema import Column, Dataset, account_column

TYPES = ("SECURITY", "BILLING", "OPERATIONS")
OPERATION = "account:GetAlternateContact"

CONTACTS = Dataset(
    "alternate_contacts",
    "Alternate contacts of the account: a row for each contact that is set.",
    "account",
    (OPERATION,),
    (
        account_column(),
        Column("contact_type", "varchar", "Type of the contact", required=True, values=TYPES),
        Column("email", "varchar", "Email address of the contact", required=True, pattern=r"[^@\s]+@[^@\s]+"),
    ),
    key=("account_id", "contact_type"),
)

DATASETS = (CONTACTS,)


def collect(account: Account) -> Rows:
    rows = []
    kept = {row["contact_type"]: row for row in account.of_last_night(CONTACTS) or ()}
    for contact_type in TYPES:
        if contact_type in kept and stays(account, CONTACTS, f"{account.account_id} {contact_type}"):
            rows.append(kept[contact_type])
            continue
        answer = account.optional(OPERATION, "ResourceNotFoundException", AlternateContactType=contact_type)
        if answer is not None:
            email = answer["AlternateContact"]["EmailAddress"]
            rows.append({"account_id": account.account_id, "contact_type": contact_type, "email": email})
    return {CONTACTS.name: rows}
