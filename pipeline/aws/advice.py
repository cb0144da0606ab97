"""What each error class means, and what to do: for every message about a failed call, and docs/troubleshooting.md."""

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
    "deadline": "raise account_timeout_minutes or night_timeout_hours, or read fewer accounts at once",
    "older_landing": "collect the night again; later nights have it",
    "damaged_history": "restore the file that the message names, or delete it",
    "unknown_value": "upgrade Rolecall; until then `rolecall shapes` writes down what AWS answers, for a report",
    "collector_error": "report it with the message: the fault is Rolecall's",
}
"""Other classes are temporary, or nothing can be done."""

# The runner is denied then, by the policies of its own account, or by those of the account with the role.
TO_ASSUME: Mapping[str, str] = {
    "scp_deny": "except the runner from the SCP, on its own account, that denies it to assume the reader role",
    "rcp_deny": "except the runner from the RCP, on the account of the reader role, that denies it to assume the role",
    "boundary_deny": "widen the runner's permissions boundary",
}
"""Advice about denials of `sts:AssumeRole`."""
MEANING: Mapping[str, str] = {
    "iam_deny": "No policy of the role allows the action, or one of them denies it.",
    "scp_deny": "AWS names a service control policy as what denied. Where a policy closes a whole Region to everybody, "
    "nothing can be there, and most datasets have no rows instead.",
    "rcp_deny": "AWS names a resource control policy as what denied.",
    "boundary_deny": "AWS names a permissions boundary as what denied.",
    "assume_role_failed": "The reader role of the account cannot be assumed: it does not exist, its trust policy or "
    "external ID is another. Nothing of the account can be read.",
    "expired_credentials": "AWS does not know the credentials, or no longer. A session that ended during the night is "
    "taken anew once.",
    "token_refused": "A Region refuses a session that works elsewhere: a token of the global endpoint of STS, in a "
    "Region that must be enabled.",
    "clock_skew": "AWS says that the request is of another time.",
    "throttled": "Too many requests, or too many reports at once.",
    "in_progress": "A report is being made, or something is being changed.",
    "server_error": "AWS answered with an error of its own, or with a status of 500 or more.",
    "connection": "The connection could not be made, or broke.",
    "timeout": "No answer came in time, or a report was not ready in time. After two in a row the service is not "
    "asked again in that account.",
    "truncated": "The answer was shorter than announced, was not the service's, or lacked what it always has. Nothing "
    "of it is taken.",
    "deadline": "The account or the night has had its time, so the call was not made.",
    "not_aws": "The answer is no error of AWS: a proxy, a gateway or a sign-in page.",
    "not_implemented": "What answered does not know the operation (status 501), as emulators of AWS do.",
    "region_disabled": "The Region is not enabled in the account.",
    "not_offered": "AWS has no endpoint for the service in the Region. A dataset read by Region has no rows there; "
    "that is no failure.",
    "not_supported": "The endpoint does not know the operation, or not in this partition.",
    "not_found": "What was asked about is not there. Where that is an answer, it is no failure.",
    "invalid_request": "AWS refused the request for another reason; its code and message are in the ledger.",
    "unknown_value": "AWS answered with a value that this version does not know.",
    "contradicts_itself": "The rows of an account contradict each other, or their own counts. They are removed.",
    "collector_error": "A collector broke on what the account answered.",
    "older_landing": "An earlier version read the night, without a column that this version needs.",
    "damaged_history": "A file of an earlier night is damaged, and the dataset looks back so far.",
}
"""Every class of the ledger and of `extracts`."""


def advice(operation: str, error_class: str, otherwise: str, denied: str | None = None) -> str:
    """The advice for a failed call; `denied` replaces that on the reader role, if other credentials were denied."""
    if operation == ASSUME_ROLE and error_class in TO_ASSUME:
        return TO_ASSUME[error_class]
    if denied and error_class.endswith("_deny"):
        return denied
    return ADVICE.get(error_class, otherwise)
