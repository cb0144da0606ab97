"""Whether the account's telephone number is verified. The contact information itself is not stored.

A number that is verified is asked for once in seven nights, any other every night.
"""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._turns import stays
from pipeline.schema import Column, Dataset, account_column

OPERATION = "account:GetContactInformation"
VERIFIED = "VERIFIED"

CONTACT = Dataset(
    "contact_information",
    "Whether the telephone number of the account's primary contact is verified; no row where there is no contact.",
    "account",
    (OPERATION,),
    (
        account_column(),
        Column(
            "phone_verification",
            "varchar",
            "Verification status of the telephone number; null where AWS does not say it",
            values=("PENDING", VERIFIED, "UNVERIFIED", "NOT_SUPPORTED"),
        ),
    ),
    key=("account_id",),
)

DATASETS = (CONTACT,)


def collect(account: Account) -> Rows:
    kept = account.of_last_night(CONTACT)
    if kept and kept[0]["phone_verification"] == VERIFIED and stays(account, CONTACT, account.account_id):
        return {CONTACT.name: kept}
    answer = account.optional(OPERATION, "ResourceNotFoundException")
    found = (
        [{"account_id": account.account_id, "phone_verification": answer.get("VerificationStatus")}] if answer else []
    )
    return {CONTACT.name: found}
