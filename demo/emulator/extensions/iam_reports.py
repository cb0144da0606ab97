"""IAM: the account's summary, credential report, password policy, alias, and organization features."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError, no_such_entity
from demo.emulator.extensions.iam import paged, used_aws_policies
from demo.organization.charter import SECURITY
from demo.organization.model import AccessKey, Account, Password, Root, User

# Accounts of which somebody made a report three hours ago.
MADE_EARLIER = (SECURITY, "sandbox-lindqvist")

QUOTAS = {
    "AccessKeysPerUserQuota": 2,
    "AssumeRolePolicySizeQuota": 2048,
    "AttachedPoliciesPerGroupQuota": 10,
    "AttachedPoliciesPerRoleQuota": 10,
    "AttachedPoliciesPerUserQuota": 10,
    "GlobalEndpointTokenVersion": 1,
    "GroupPolicySizeQuota": 5120,
    "GroupsPerUserQuota": 10,
    "GroupsQuota": 300,
    "InstanceProfilesQuota": 1000,
    "PoliciesQuota": 1500,
    "PolicySizeQuota": 6144,
    "PolicyVersionsInUseQuota": 10000,
    "RolePolicySizeQuota": 10240,
    "RolesQuota": 1000,
    "ServerCertificatesQuota": 20,
    "SigningCertificatesPerUserQuota": 2,
    "UserPolicySizeQuota": 2048,
    "UsersQuota": 5000,
    "VersionsPerPolicyQuota": 5,
}
HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
)


def get_account_summary(call: Call) -> dict[str, Any]:
    return {"SummaryMap": QUOTAS | _counts(call.account)}


def _counts(account: Account) -> dict[str, int]:
    root, users = account.root, account.users.values()
    in_use = sum(len(u.mfa) for u in users) + (root.mfa is not None)
    policies = [*account.policies.values(), *used_aws_policies(account)]
    return {
        "AccountAccessKeysPresent": int(bool(root.keys)),
        "AccountMFAEnabled": int(root.mfa is not None),
        "AccountPasswordPresent": int(root.password is not None),
        "AccountSigningCertificatesPresent": int(bool(root.certificates)),
        "Groups": len(account.groups),
        "InstanceProfiles": len(account.instance_profiles),
        "MFADevices": in_use + len(account.unassigned_mfa),
        "MFADevicesInUse": in_use,
        "Policies": len(account.policies),
        "PolicyVersionsInUse": sum(len(p.versions) for p in policies),
        "Providers": len(account.saml_providers) + len(account.oidc_providers),
        "Roles": len(account.roles),
        "ServerCertificates": len(account.server_certificates),
        "Users": len(account.users),
    }


def generate_credential_report(call: Call) -> dict[str, Any]:
    """STARTED on the first call of a night, then COMPLETE; two accounts have a report that is three hours old."""
    jobs, mark = call.state.jobs, f"credential-report|{call.account.id}"
    if mark not in jobs and call.account.name not in MADE_EARLIER:
        jobs[mark] = "started"
        return {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}
    jobs[mark] = "complete"
    return {"State": "COMPLETE"}


def get_credential_report(call: Call) -> dict[str, Any]:
    jobs, mark = call.state.jobs, f"credential-report|{call.account.id}"
    is_old = call.account.name in MADE_EARLIER
    if mark not in jobs and not is_old:
        raise ApiError("ReportNotPresent", "No report exists. Start a report with GenerateCredentialReport", 410)
    if jobs.get(mark) == "started":
        jobs[mark] = "complete"
        raise ApiError("ReportInProgress", "Credential report is being generated", 404)
    made = call.scene.now - (timedelta(hours=3) if is_old else timedelta())
    return {"Content": credential_report(call.account).encode(), "ReportFormat": "text/csv", "GeneratedTime": made}


def credential_report(account: Account) -> str:
    """The CSV: root first, then the users; what AWS cannot say is N/A, no_information or not_supported."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER.split(","), lineterminator="\n", restval="N/A")
    writer.writeheader()
    writer.writerow(_root_row(account))
    writer.writerows(_user_row(account, user) for user in account.users.values())
    return text.getvalue().rstrip("\n")


def _root_row(account: Account) -> dict[str, str]:
    root = account.root
    row = {
        "user": "<root_account>",
        "arn": f"arn:aws:iam::{account.id}:root",
        "user_creation_time": _date(account.joined),
        "mfa_active": _flag(root.mfa is not None),
    }
    return row | _root_password(root, account) | _keys(root.keys) | _certificates(root)


def _root_password(root: Root, account: Account) -> dict[str, str]:
    if root.password is None:
        return {"password_enabled": "false", "password_last_used": "N/A"}
    # Reports of old accounts do not say whether root has a password.
    enabled = "not_supported" if account.joined_method == "INVITED" else "true"
    used = _date(root.last_used) if root.last_used else "no_information"
    return {
        "password_enabled": enabled,
        "password_last_used": used,
        "password_last_changed": "not_supported",
        "password_next_rotation": "not_supported",
    }


def _user_row(account: Account, user: User) -> dict[str, str]:
    row = {
        "user": user.name,
        "arn": user.arn,
        "user_creation_time": _date(user.created),
        "mfa_active": _flag(bool(user.mfa)),
    }
    return row | _password(account, user.password) | _keys(user.keys) | _certificates(user)


def _password(account: Account, password: Password | None) -> dict[str, str]:
    if password is None:
        return {"password_enabled": "false", "password_last_used": "N/A"}
    age = (account.password_policy or {}).get("MaxPasswordAge")
    return {
        "password_enabled": "true",
        "password_last_used": _date(password.last_used) if password.last_used else "no_information",
        "password_last_changed": _date(password.changed),
        "password_next_rotation": _date(password.changed + timedelta(days=age)) if age else "N/A",
    }


def _keys(keys: list[AccessKey]) -> dict[str, str]:
    row = {f"access_key_{n}_active": "false" for n in (1, 2)}
    for n, key in enumerate(keys[:2], 1):
        row[f"access_key_{n}_active"] = _flag(key.active)
        row[f"access_key_{n}_last_rotated"] = _date(key.created)
        if key.last_used:
            row[f"access_key_{n}_last_used_date"] = _date(key.last_used.at)
            row[f"access_key_{n}_last_used_region"] = key.last_used.region
            row[f"access_key_{n}_last_used_service"] = key.last_used.service
    return row


def _certificates(owner: Root | User) -> dict[str, str]:
    row = {f"cert_{n}_active": "false" for n in (1, 2)}
    for n, certificate in enumerate(owner.certificates[:2], 1):
        row[f"cert_{n}_active"] = _flag(certificate.active)
        row[f"cert_{n}_last_rotated"] = _date(certificate.uploaded)
    return row


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _flag(value: bool) -> str:
    return "true" if value else "false"


def get_account_password_policy(call: Call) -> dict[str, Any]:
    if call.account.password_policy is None:
        raise no_such_entity(f"The Password Policy with domain name {call.account.id} cannot be found.")
    return {"PasswordPolicy": call.account.password_policy}


def list_account_aliases(call: Call) -> dict[str, Any]:
    return paged(call, "AccountAliases", [call.account.alias] if call.account.alias else [])


def list_organizations_features(call: Call) -> dict[str, Any]:
    """Only for the management account and the delegated administrator for IAM."""
    if not (call.is_management or call.is_delegated("iam.amazonaws.com")):
        raise ApiError(
            "AccountNotManagementOrDelegatedAdministrator",
            "The request was rejected because the account making the request is not the management account"
            " or delegated administrator account for centralized root access.",
            403,
        )
    return {"OrganizationId": call.organization.id, "EnabledFeatures": call.organization.features}


def get_outbound_web_identity_federation_info(call: Call) -> dict[str, Any]:
    if not call.account.jwt_vending:
        raise ApiError("FeatureDisabled", "Outbound web identity federation is not enabled for this account.", 404)
    issuer = f"https://{call.scene.token(f'issuer|{call.account.id}', 24).lower()}.tokens.sts.global.api.aws"
    return {"IssuerIdentifier": issuer, "JwtVendingEnabled": True}
