"""What helps when a call to AWS fails, by class of failure (`pipeline.aws.failures`)."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.aws.failures import CallFailed

SIGN_IN = "sign in again or name other credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID)"
NO_ANSWER = "no answer came: see the network, AWS_ENDPOINT_URL and the region"

NO_AWS = "see the proxy and AWS_ENDPOINT_URL"

CALLER: Mapping[str, str] = {
    "expired_credentials": SIGN_IN,
    "connection": NO_ANSWER,
    "timeout": NO_ANSWER,
    "clock_skew": "the clock of this machine is wrong: set it (AWS allows five minutes)",
    "not_aws": f"what answered is not AWS: {NO_AWS}",
    "not_implemented": f"what answered does not know the operation: {NO_AWS}",
}
"""For calls with the credentials that Rolecall itself runs with."""

READER_ROLE: Mapping[str, str] = {
    "assume_role_failed": "let the runner assume the reader role there (its trust policy, and the SCPs of the account)",
    "scp_deny": "except the reader role from the SCP that denies it",
    "rcp_deny": "except the reader role from the RCP that denies it",
    "boundary_deny": "widen the reader role's permissions boundary",
    "iam_deny": "add the action to the reader role's policy",
    "expired_credentials": f"{SIGN_IN} and run the night again",
    "region_disabled": "enable the Region in the account, or leave it out of the settings",
}
"""For calls with the reader role of an account. Other failures pass by themselves, or do not pass at all."""


def advice(failed: CallFailed) -> str:
    """What to do about a failure that keeps everything from being read, for the end of a sentence."""
    if failed.error_code == "AWSOrganizationsNotInUseException":
        return "this account is in no organization: use the management account's credentials"
    if helps := CALLER.get(failed.error_class):
        return f"{helps}, then start over"
    if failed.error_class.endswith("_deny"):
        return "run with credentials of the management or a delegated administrator account that may call it"
    return f"it failed for good ({failed.error_class}); start over, or see the ledger classes in the docs"
