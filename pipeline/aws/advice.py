"""Advice by error class, used by every message about a failed call."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.aws.failures import ASSUME_ROLE

SIGN_IN = "sign in again or name other credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID)"
NO_ANSWER = "no answer came: see the network, AWS_ENDPOINT_URL and the region"
NOT_AWS = "see the proxy and AWS_ENDPOINT_URL"

ADVICE: Mapping[str, str] = {
    "assume_role_failed": "let the runner assume the reader role there (the role's trust policy, the runner's own)",
    "scp_deny": "except the reader role from the SCP that denies it",
    "rcp_deny": "except the reader role from the RCP that denies it",
    "boundary_deny": "widen the reader role's permissions boundary",
    "iam_deny": "add the action to the reader role's policy",
    "expired_credentials": SIGN_IN,
    "connection": NO_ANSWER,
    "timeout": NO_ANSWER,
    "clock_skew": "set the clock of this machine, which is wrong (AWS allows five minutes)",
    "not_aws": f"what answered is not AWS: {NOT_AWS}",
    "not_implemented": f"what answered does not know the operation: {NOT_AWS}",
    "region_disabled": "enable the Region in the account, or leave it out of the settings",
}
"""Other classes are temporary, or nothing can be done."""

# The runner is denied then, by the policies of its own account, or by those of the account with the role.
TO_ASSUME: Mapping[str, str] = {
    "scp_deny": "except the runner from the SCP, on its own account, that denies it to assume the reader role",
    "rcp_deny": "except the runner from the RCP, on the account of the reader role, that denies it to assume the role",
    "boundary_deny": "widen the runner's permissions boundary",
}
"""Advice about denials of `sts:AssumeRole`."""


def advice(operation: str, error_class: str, otherwise: str, denied: str | None = None) -> str:
    """The advice for a failed call; `denied` replaces that on the reader role, if other credentials were denied."""
    if operation == ASSUME_ROLE and error_class in TO_ASSUME:
        return TO_ASSUME[error_class]
    if denied and error_class.endswith("_deny"):
        return denied
    return ADVICE.get(error_class, otherwise)
