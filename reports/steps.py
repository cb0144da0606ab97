"""What to do to close findings: a change in words, and its steps with commands that are filled in from the findings.

Words in capitals in a command are for the reader to decide. How many findings a change closes is counted from the
findings, in `repairs`; nothing here is a promise.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.schema import Row

MOST_STEPS = 6
RETIRED = {"no_human_iam_users", "no_workload_access_keys", "unused_user_credentials"}
"""Controls that ask for a user to go, with all that fails on it."""

DEACTIVATE = (
    "for key in $(aws iam list-access-keys --user-name {name} "
    "--query 'AccessKeyMetadata[].AccessKeyId' --output text)\n"
    'do aws iam update-access-key --user-name {name} --access-key-id "$key" --status Inactive\ndone'
)
TRUST = (
    "aws iam get-role --role-name {name} --query Role.AssumeRolePolicyDocument > trust.json\n"
    "# edit trust.json, then\n"
    "aws iam update-assume-role-policy --role-name {name} --policy-document file://trust.json"
)
DENY_ALL = '\'{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":"*","Resource":"*"}}]}}\''
QUARANTINE = "aws iam put-role-policy --role-name {name} --policy-name quarantine --policy-document " + DENY_ALL
TAG = {
    "user": "aws iam tag-user --user-name {name} --tags Key=owner,Value=TEAM",
    "role": "aws iam tag-role --role-name {name} --tags Key=owner,Value=TEAM",
}
NO_ROOT = (
    "aws sts assume-root --target-principal {account_id} "
    "--task-policy-arn arn=arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials"
)
ATTACH = (
    "aws organizations create-policy --type {policy_type} --name GUARDRAILS --description GUARDRAILS "
    "--content file://guardrails.json\naws organizations attach-policy --policy-id POLICY_ID --target-id {root}"
)

COMMANDS: Mapping[str, str] = {
    "account_contacts": (
        "aws account put-alternate-contact --account-id {account_id} --alternate-contact-type SECURITY "
        "--name NAME --title TITLE --email-address ADDRESS --phone-number NUMBER"
    ),
    "compromised_key_quarantine": DEACTIVATE,
    "confused_deputy": TRUST,
    "delegated_admins_bounded": (
        "aws iam put-{kind}-permissions-boundary --{kind}-name {name} --permissions-boundary BOUNDARY_ARN"
    ),
    "expired_server_certificates": "aws iam delete-server-certificate --server-certificate-name {name}",
    "external_analyzer_all_regions": (
        "aws accessanalyzer create-analyzer --analyzer-name external-access --type ORGANIZATION --region REGION"
    ),
    "external_id": TRUST,
    "imdsv2": "aws ec2 modify-instance-metadata-defaults --http-tokens required --region REGION",
    "iam_user_mfa": "aws iam list-mfa-devices --user-name {name}",
    "member_root_credentials_removed": NO_ROOT,
    "no_human_iam_users": "aws iam delete-login-profile --user-name {name}",
    "no_public_findings": (
        "aws s3api put-public-access-block --bucket {name} --public-access-block-configuration "
        "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
    ),
    "no_workload_access_keys": DEACTIVATE,
    "oidc_trust_scoped": TRUST,
    "rcp_coverage": ATTACH,
    "rcp_objectives": ATTACH,
    "root_denied_by_scp": ATTACH,
    "root_mfa": NO_ROOT,
    "root_no_keys_or_certs": NO_ROOT,
    "scp_coverage": ATTACH,
    "scp_objectives": ATTACH,
    "trust_known_accounts_only": TRUST,
    "trust_no_any_principal": TRUST,
    "unused_roles": QUARANTINE,
    "unused_user_credentials": DEACTIVATE,
}
"""By control: the command of its fix."""
ONLY = {"no_public_findings": ":s3:::", "external_id": ":role/", "trust_known_accounts_only": ":role/"}
"""Controls whose command fits only targets with this in their ARN."""
OF_KIND = {
    "policy": (
        "aws iam list-entities-for-policy --policy-arn {target}\n"
        "# detach it from each, then\naws iam delete-policy --policy-arn {target}"
    ),
    "role": "aws iam list-attached-role-policies --role-name {name}\naws iam list-role-policies --role-name {name}",
    "user": "aws iam list-attached-user-policies --user-name {name}\naws iam list-user-policies --user-name {name}",
}
"""By kind of what is changed: what to look at first, where no control has a command."""


@dataclass(frozen=True)
class Step:
    """One step in words; the command that makes it, where there is one."""

    says: str
    command: str | None = None


def title(repair: Row, controls: Mapping[str, Row]) -> str:
    """A change in a few words."""
    name, kind, of = repair["name"], repair["kind"], set(repair["controls"])
    if kind == "user" and repair["made_by"] == "account owner" and of & RETIRED:
        return f"Retire IAM user {name}"
    if kind == "role" and "unused_roles" in of:
        return f"Remove the unused role {name}"
    if kind == "policy":
        return f"Replace or delete policy {name}"
    if kind in ("user", "role", "group", "permission set"):
        where = f" in {repair['accounts']:,} accounts" if repair["account_id"] is None else ""
        return f"Correct {kind} {name}{where}"
    fix = str(controls[repair["controls"][0]]["fix"]) if repair["controls"][0] in controls else ""
    sentence = fix.partition("; ")[0].rstrip(".")
    return f"{name}: {sentence[0].lower()}{sentence[1:]}" if kind == "resource" and sentence else sentence or str(name)


def who(repair: Row) -> str:
    """Who can make a change."""
    return (
        "the account's owner"
        if repair["made_by"] == "account owner"
        else "management account or delegated administrator"
    )


def steps(repair: Row, controls: Mapping[str, Row], root: str = "ROOT_ID") -> list[Step]:
    """The steps of a change, in order."""
    chosen = [controls[c] for c in repair["controls"] if c in controls]
    if title(repair, controls).startswith("Retire"):
        return [*_retirement(repair)]
    made = [*_fixes(repair, chosen, root)]
    if not any(step.command for step in made) and repair["kind"] in OF_KIND and "*" not in (repair["target"] or ""):
        made.insert(0, Step("See what it has.", _filled(OF_KIND[repair["kind"]], repair, root)))
    return made


def _retirement(repair: Row) -> Iterator[Step]:
    yield Step("Give the person access through IAM Identity Center, and the jobs that use its keys a role.")
    yield Step("Deactivate its access keys; they can be activated again.", _filled(DEACTIVATE, repair))
    yield Step("Delete its console password.", _filled(COMMANDS["no_human_iam_users"], repair))
    yield Step("Once nothing is missed, delete the user.", _filled("aws iam delete-user --user-name {name}", repair))


def _fixes(repair: Row, controls: Sequence[Row], root: str) -> Iterator[Step]:
    seen = set[str]()
    for control in controls[:MOST_STEPS]:
        command = _command(control["control_id"], repair)
        filled = _filled(command, repair, root, control["control_id"]) if command else None
        yield Step(control["fix"], None if filled in seen else filled)
        seen.add(filled or "")


def _command(control_id: str, repair: Row) -> str | None:
    target = repair["target"] or ""
    if ONLY.get(control_id, "") not in target:
        return None
    if control_id == "ownership_for_review":
        return TAG.get(repair["kind"])
    return COMMANDS.get(control_id)


def _filled(command: str, repair: Row, root: str = "ROOT_ID", control_id: str = "") -> str:
    values = {
        "name": shlex.quote(str(repair["name"])),
        "target": shlex.quote(str(repair["target"])),
        "account_id": repair["account_id"] or "ACCOUNT_ID",
        "kind": repair["kind"],
        "root": root,
        "policy_type": "RESOURCE_CONTROL_POLICY" if control_id.startswith("rcp") else "SERVICE_CONTROL_POLICY",
    }
    return command.format(**values)
