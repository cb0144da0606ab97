"""One plain test per control of whether a resource is as it should be: rough on purpose, and independent of the
pipeline's controls, so that the examples are known to be there whatever the controls say."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.demo.facts import Account, Organization, condition_keys, default, grants, listed, statements

Judge = Callable[[Organization, Account, str], bool]
MFA = "aws:MultiFactorAuthPresent"


def name_of(resource: str) -> str:
    return resource.rsplit("/", 1)[-1]


def human(account: Account, resource: str) -> Any:
    return account.report[name_of(resource)]


def trust(account: Account, resource: str) -> Any:
    return account.find(resource)["AssumeRolePolicyDocument"]


def names(account: Account, resource: str) -> set[str]:
    return {p["PolicyName"] for p in account.find(resource)["AttachedManagedPolicies"]}


def idc_org_instance(org: Organization, a: Account, _: str) -> bool:
    owners = {i["OwnerAccountId"] for i in org.aws.client("sso-admin", a.name).list_instances()["Instances"]}
    management = org.aws.id("group-management")
    return management in owners and (a.id == management or a.id not in owners)


def account_federated_path(_: Organization, a: Account, __: str) -> bool:
    return any("AssumeRoleWithSAML" in json.dumps(r["AssumeRolePolicyDocument"]) for r in a.details["RoleDetailList"])


def saml_healthy(_: Organization, a: Account, r: str) -> bool:
    if r.startswith("saml"):
        return a.age_days(a.find(r)["ValidUntil"]) < -30
    return "SAML:aud" in condition_keys(trust(a, r))


def no_workload_keys(_: Organization, a: Account, r: str) -> bool:
    return all(service in ("iam", "sts") for active, _, _, service in a.keys(name_of(r)) if active)


def oidc_scoped(_: Organization, a: Account, r: str) -> bool:
    keys, text = condition_keys(trust(a, r)), json.dumps(trust(a, r))
    issuers = {k.rsplit(":", 1)[0] for k in keys}
    ends = {k.rsplit(":", 1)[1] for k in keys}
    return ends == {"aud", "sub"} and "repo:*" not in text and issuers == {"token.actions.githubusercontent.com"}


def console_mfa(_: Organization, a: Account, r: str) -> bool:
    return human(a, r)["password_enabled"] != "true" or human(a, r)["mfa_active"] == "true"


def admin_mfa(_: Organization, a: Account, r: str) -> bool:
    assert a.is_admin(a.find(r))
    return bool(human(a, r)["mfa_active"] == "true")


def resistant_mfa(_: Organization, a: Account, r: str) -> bool:
    devices = a.iam.list_mfa_devices(UserName=name_of(r))["MFADevices"]
    assert devices
    return any(":mfa/" not in d["SerialNumber"] for d in devices)


def mfa_demanded(_: Organization, a: Account, r: str) -> bool:
    if r.startswith("role"):
        return MFA in condition_keys(trust(a, r))
    denials = [s for d in a.documents(a.find(r)) for s in statements(d, "Deny")]
    return any(MFA in s.get("Condition", {}).get("BoolIfExists", {}) for s in denials)


def password_policy(_: Organization, a: Account, __: str) -> bool:
    assert a.console_users()
    return a.password_policy.get("MinimumPasswordLength", 0) >= 14 and "PasswordReusePrevention" in a.password_policy


def key_rotation(_: Organization, a: Account, r: str) -> bool:
    return all(a.age_days(made) <= 90 for active, made, *_ in a.keys(name_of(r)) if active)


def single_key(_: Organization, a: Account, r: str) -> bool:
    ages = [a.age_days(made) for active, made, *_ in a.keys(name_of(r)) if active]
    return len(ages) < 2 or min(ages) <= 7


def no_setup_or_mixed(_: Organization, a: Account, r: str) -> bool:
    active = [k for k in a.keys(name_of(r)) if k[0]]
    never = any(used == "N/A" and a.age_days(made) > 7 for _, made, used, _ in active)
    return not never and not (active and human(a, r)["password_enabled"] == "true")


def key_justified(org: Organization, a: Account, r: str) -> bool:
    store = org.aws.client("sso-admin").list_instances()["Instances"][0]["IdentityStoreId"]
    people = org.aws.client("identitystore").list_users(IdentityStoreId=store)["Users"]
    leavers = {p["UserName"] for p in people if p["UserStatus"] == "DISABLED"}
    tags = {t["Key"]: t["Value"] for t in a.find(r)["Tags"]}
    return "use_case" in tags and tags.get("owner") not in leavers


def _has_use(a: Account, service: str) -> bool:
    """Whether the account has a repository or a keyspace where the credential is for one; AWS's own do not count."""
    if service.startswith("codecommit"):
        return bool(a.aws.client("codecommit", a.name).list_repositories()["repositories"])
    if service.startswith("cassandra"):
        found = a.aws.client("keyspaces", a.name).list_keyspaces()["keyspaces"]
        return any(not k["keyspaceName"].startswith("system") for k in found)
    return True


def other_credentials(_: Organization, a: Account, r: str) -> bool:
    user = name_of(r)
    rows = a.iam.list_service_specific_credentials(UserName=user)["ServiceSpecificCredentials"]
    rows = [c for c in rows if c["Status"] == "Active"]
    old = any(a.age_days(c["CreateDate"]) > 90 for c in rows)
    endless = any(c["ServiceName"].startswith("bedrock") and "ExpirationDate" not in c for c in rows)
    homeless = any(not _has_use(a, c["ServiceName"]) for c in rows)
    keys = a.iam.list_ssh_public_keys(UserName=user)["SSHPublicKeys"]
    keys += a.iam.list_signing_certificates(UserName=user)["Certificates"]
    old = old or any(a.age_days(k["UploadDate"]) > 90 for k in keys if k["Status"] == "Active")
    return not old and not endless and not homeless


def root_clean(_: Organization, a: Account, __: str) -> bool:
    return not a.summary["AccountAccessKeysPresent"] and not a.summary["AccountSigningCertificatesPresent"]


def root_mfa(_: Organization, a: Account, __: str) -> bool:
    assert a.summary["AccountPasswordPresent"]
    return bool(a.summary["AccountMFAEnabled"])


def root_hardware(_: Organization, a: Account, __: str) -> bool:
    devices = a.iam.list_virtual_mfa_devices()["VirtualMFADevices"]
    return bool(a.summary["AccountMFAEnabled"]) and not any(
        d.get("User", {}).get("Arn", "").endswith(":root") for d in devices
    )


def root_unused(_: Organization, a: Account, __: str) -> bool:
    used = a.report["<root_account>"]["password_last_used"]
    return used in ("N/A", "no_information") or a.age_days(used) > 30


def central_root(org: Organization, _: Account, __: str) -> bool:
    return set(org.aws.client("iam").list_organizations_features()["EnabledFeatures"]) == {
        "RootCredentialsManagement",
        "RootSessions",
    }


def no_root_credentials(_: Organization, a: Account, __: str) -> bool:
    kinds = ("Password", "AccessKeys", "SigningCertificates")
    return not any(a.summary[f"Account{k}Present"] for k in kinds)


def contacts(org: Organization, a: Account, __: str) -> bool:
    client = org.aws.client("account", a.name)
    try:
        client.get_alternate_contact(AlternateContactType="SECURITY")
    except client.exceptions.ResourceNotFoundException:
        return False
    return bool(org.accounts[a.id]["Email"].endswith("@halden.example"))


def no_admin_policy(_: Organization, a: Account, r: str) -> bool:
    found = [default(a.find(r))] if r.startswith("policy") else a.documents(a.find(r))
    return not any(grants(d, "*", "*") for d in found)


def admins_limited(_: Organization, a: Account, r: str) -> bool:
    if r:
        return not a.is_admin(a.find(r))
    return (
        sum("AdministratorAccess" in json.dumps(x["AttachedManagedPolicies"]) for x in a.details["RoleDetailList"]) <= 5
    )


def no_service_wildcard(_: Organization, a: Account, r: str) -> bool:
    allowed = [s for s in statements(default(a.find(r))) if "*" in listed(s.get("Resource"))]
    return not any("NotAction" in s or any(x.endswith(":*") for x in listed(s.get("Action"))) for s in allowed)


def no_escalation(_: Organization, a: Account, r: str) -> bool:
    role = a.find(r)
    assert any(grants(d, "iam:CreatePolicyVersion") for d in a.documents(role))
    return "PermissionsBoundary" in role


def pass_role_scoped(_: Organization, a: Account, r: str) -> bool:
    document = default(a.find(r))
    return not any(grants(document, x, "*") for x in ("iam:PassRole", "sts:AssumeRole"))


def sensitive_scoped(_: Organization, a: Account, r: str) -> bool:
    document = default(a.find(r))
    return not any(grants(document, x, "*") for x in ("secretsmanager:GetSecretValue", "s3:GetObject"))


def via_groups(_: Organization, a: Account, r: str) -> bool:
    user = a.find(r)
    return bool(user["GroupList"]) and not user["AttachedManagedPolicies"] and not user.get("UserPolicyList")


def no_broad_aws_policy(_: Organization, a: Account, r: str) -> bool:
    attached = [a.by_arn[p["PolicyArn"]] for p in a.find(r)["AttachedManagedPolicies"]]
    broad = any(p["PolicyName"].endswith(("FullAccess", "PowerUserAccess")) for p in attached)
    return not broad and all(p["IsAttachable"] for p in attached)


def no_inline(_: Organization, a: Account, r: str) -> bool:
    return not a.find(r)["RolePolicyList"]


def job_roles(_: Organization, a: Account, __: str) -> bool:
    return any("AWSSupportAccess" in json.dumps(r["AttachedManagedPolicies"]) for r in a.details["RoleDetailList"])


def generated(org: Organization, a: Account, r: str) -> bool:
    rows = org.aws.client("accessanalyzer", a.name).list_policy_generations(principalArn=a.find(r)["Arn"])
    return any(g["status"] == "SUCCEEDED" for g in rows["policyGenerations"])


def credentials_used(_: Organization, a: Account, r: str) -> bool:
    row, keys = human(a, r), list(a.keys(name_of(r)))
    if row["password_enabled"] == "true" and a.age_days(row["password_last_used"]) > 45:
        return False
    return all(active and used != "N/A" and a.age_days(used) <= 45 for active, _, used, _ in keys)


def role_used(_: Organization, a: Account, r: str) -> bool:
    role = a.find(r)
    return a.age_days(role["RoleLastUsed"].get("LastUsedDate", role["CreateDate"])) <= 90


def in_use(org: Organization, a: Account, r: str) -> bool:
    if r.startswith("permission set"):
        client = org.aws.client("sso-admin")
        instance = client.list_instances()["Instances"][0]["InstanceArn"]
        for arn in client.list_permission_sets(InstanceArn=instance)["PermissionSets"]:
            ask = {"InstanceArn": instance, "PermissionSetArn": arn}
            if client.describe_permission_set(**ask)["PermissionSet"]["Name"] == r.rsplit(" ", 1)[-1]:
                return bool(client.list_accounts_for_provisioned_permission_set(**ask)["AccountIds"])
        raise KeyError(r)
    row = a.find(r)
    if r.startswith("policy"):
        return bool(row["AttachmentCount"] + row["PermissionsBoundaryUsageCount"])
    if r.startswith("group"):
        return any(row["GroupName"] in u["GroupList"] for u in a.details["UserDetailList"])
    if r.startswith("instance-profile"):
        return bool(row["Roles"])
    return any(row["Arn"] in json.dumps(x["AssumeRolePolicyDocument"]) for x in a.details["RoleDetailList"])


def unused_analyzer(org: Organization, _: Account, __: str) -> bool:
    return "ORGANIZATION_UNUSED_ACCESS" in org.analyzers


def certificate_valid(_: Organization, a: Account, r: str) -> bool:
    return a.age_days(a.find(r)["Expiration"]) < 0


def owned(_: Organization, a: Account, r: str) -> bool:
    return "owner" in {t["Key"] for t in a.find(r)["Tags"]}


def deputy_confined(_: Organization, a: Account, r: str) -> bool:
    return bool({"aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID"} & condition_keys(trust(a, r)))


def external_id(_: Organization, a: Account, r: str) -> bool:
    return "sts:ExternalId" in condition_keys(trust(a, r))


def conditions_there(_: Organization, a: Account, r: str) -> bool:
    return all(s.get("Condition") for s in statements(default(a.find(r))) if "kms:" in json.dumps(s["Action"]))


def conditions_right(_: Organization, a: Account, r: str) -> bool:
    text = json.dumps([s.get("Condition", {}) for s in statements(default(a.find(r)))])
    return not any(wrong in text for wrong in ('"*"', "NumericEquals", "ForAllValues"))


def zone_of_trust(org: Organization, _: Account, __: str) -> bool:
    analyzed = org.analyzers["ORGANIZATION"]["lastResourceAnalyzedAt"]
    return bool((org.now - analyzed).total_seconds() < 48 * 3600)


def not_anyone(_: Organization, a: Account, r: str) -> bool:
    return "aws:PrincipalOrgID" in condition_keys(trust(a, r))


def known_accounts(org: Organization, a: Account, r: str) -> bool:
    vendors = {"165736516723", "464622532012"}
    if r.startswith("resource share"):
        shares = org.aws.client("ram", a.name).get_resource_shares(resourceOwner="SELF")["resourceShares"]
        return not next(s for s in shares if s["name"] == r.rsplit(" ", 1)[-1])["allowExternalPrincipals"]
    named = [p for s in statements(trust(a, r)) for p in listed(s["Principal"].get("AWS"))]
    return all(p.split(":")[4] in vendors | set(org.accounts) for p in named)


def internal_analyzer(org: Organization, _: Account, __: str) -> bool:
    return "ORGANIZATION_INTERNAL_ACCESS" in org.analyzers


def org_policy_valid(org: Organization, _: Account, r: str) -> bool:
    return not org.issues(r.removeprefix("SCP ")) & {"ERROR", "SECURITY_WARNING"}


def in_a_unit(org: Organization, a: Account, __: str) -> bool:
    return len(org.accounts[a.id]["Paths"][0].strip("/").split("/")) > 3


def covered(kind: str) -> Judge:
    return lambda org, a, _: any(not p["AwsManaged"] for p in org.effective(a.id, kind))


def scp_objectives(org: Organization, a: Account, __: str) -> bool:
    wanted = (
        "organizations:LeaveOrganization",
        "cloudtrail:StopLogging",
        "aws:RequestedRegion",
        "aws:AssumedRoot",
        "iam:CreateUser",
        "iam:CreateSAMLProvider",
        "iam:UpdateAssumeRolePolicy",
        "iam:CreateServiceSpecificCredential",
        "aws:SourceVpc",
    )
    return all(org.denies(a.id, "SERVICE", w) for w in wanted)


def rcp_objectives(org: Organization, a: Account, __: str) -> bool:
    wanted = (
        "aws:PrincipalOrgID",
        "aws:SourceOrgID",
        "aws:SecureTransport",
        "githubusercontent",
        "GetWebIdentityToken",
    )
    return all(org.denies(a.id, "RESOURCE", w) for w in wanted)


def delegated(org: Organization, _: Account, r: str) -> bool:
    return bool(org.client.list_delegated_administrators(ServicePrincipal=r)["DelegatedAdministrators"])


def undrifted(org: Organization, _: Account, r: str) -> bool:
    rows = org.aws.client("controltower").list_enabled_controls()["enabledControls"]
    drifted = [c for c in rows if c["driftStatusSummary"]["driftStatus"] == "DRIFTED"]
    return "StopLogging" in org.policies[r.removeprefix("SCP ")]["Content"] and not drifted


def boundary_forced(_: Organization, a: Account, r: str) -> bool:
    writing = [s for d in a.documents(a.find(r)) for s in statements(d) if "iam:CreateRole" in listed(s.get("Action"))]
    assert writing
    return all("iam:PermissionsBoundary" in json.dumps(s.get("Condition", {})) for s in writing)


def boundary_kept(_: Organization, a: Account, r: str) -> bool:
    boundary = a.by_arn[a.find(r)["PermissionsBoundary"]["PermissionsBoundaryArn"]]
    return "iam:*PermissionsBoundary" in json.dumps(statements(default(boundary), "Deny"))


def bounded(_: Organization, a: Account, r: str) -> bool:
    return "PermissionsBoundary" in a.find(r)


def boundary_means_something(_: Organization, a: Account, r: str) -> bool:
    policy = a.find(r)
    assert policy["PermissionsBoundaryUsageCount"]
    return not grants(default(policy), "*", "*")


JUDGES: dict[str, Judge] = {
    "BP01-01": idc_org_instance,
    "BP01-02": account_federated_path,
    "BP01-03": lambda _, a, r: human(a, r)["password_enabled"] != "true",
    "BP01-04": saml_healthy,
    "BP02-01": no_workload_keys,
    "BP02-08": oidc_scoped,
    "BP03-01": console_mfa,
    "BP03-02": admin_mfa,
    "BP03-03": resistant_mfa,
    "BP03-05": mfa_demanded,
    "BP03-06": password_policy,
    "BP04-01": key_rotation,
    "BP04-02": single_key,
    "BP04-03": no_setup_or_mixed,
    "BP04-04": key_justified,
    "BP04-05": other_credentials,
    "BP04-06": lambda _, a, r: not any("CompromisedKey" in n for n in names(a, r)),
    "BP05-01": root_clean,
    "BP05-02": root_mfa,
    "BP05-03": root_hardware,
    "BP05-04": root_unused,
    "BP05-05": central_root,
    "BP05-06": no_root_credentials,
    "BP05-07": lambda org, a, _: org.denies(a.id, "SERVICE", "arn:aws:iam::*:root"),
    "BP05-08": contacts,
    "BP06-01": no_admin_policy,
    "BP06-02": admins_limited,
    "BP06-03": no_service_wildcard,
    "BP06-04": no_escalation,
    "BP06-05": pass_role_scoped,
    "BP06-06": sensitive_scoped,
    "BP06-07": via_groups,
    "BP07-01": no_broad_aws_policy,
    "BP07-02": lambda _, a, r: "AWSCloudShellFullAccess" not in names(a, r),
    "BP07-03": no_inline,
    "BP07-04": job_roles,
    "BP08-01": generated,
    "BP09-01": credentials_used,
    "BP09-02": role_used,
    "BP09-03": in_use,
    "BP09-05": unused_analyzer,
    "BP09-06": certificate_valid,
    "BP09-07": owned,
    "BP10-02": deputy_confined,
    "BP10-03": external_id,
    "BP10-04": conditions_there,
    "BP10-05": conditions_right,
    "BP11-02": zone_of_trust,
    "BP11-06": not_anyone,
    "BP11-07": known_accounts,
    "BP11-08": internal_analyzer,
    "BP12-03": org_policy_valid,
    "BP13-01": in_a_unit,
    "BP13-02": covered("SERVICE"),
    "BP13-03": covered("RESOURCE"),
    "BP13-04": scp_objectives,
    "BP13-05": rcp_objectives,
    "BP13-07": delegated,
    "BP13-08": undrifted,
    "BP14-01": boundary_forced,
    "BP14-02": boundary_kept,
    "BP14-03": bounded,
    "BP14-04": boundary_means_something,
}
