"""Defects of trust policies, identity providers and resource shares, account by account.

Each line says which control it is an example for; README.md has the table the other way round.
"""

from __future__ import annotations

from collections.abc import Callable

from demo.organization.compute import EXAMPLE_KEY
from demo.organization.documents import account_trust, allow, document, github_trust, saml_trust, service_trust, trust
from demo.organization.identity_center import uuid
from demo.organization.kit import Kit
from demo.organization.model import ResourceShare

# Ids the AWS documentation uses for accounts of others: nobody registered them as a vendor.
STRANGER, OTHER_STRANGER = "444455556666", "111122223333"
DATADOG = "464622532012"


def identity_directory(kit: Kit) -> None:
    # BP01-04: the provider's certificate ends within days, and a trust does not pin the audience.
    provider = kit.saml_provider("LegacyADFS", days=1800, valid_days=12)
    kit.role(
        "adfs-developers",
        saml_trust(provider.arn, pinned=False),
        attached=["ViewOnlyAccess"],
        tags={"owner": "platform"},
        every=3,
    )
    kit.role("adfs-auditors", saml_trust(provider.arn), attached=["SecurityAudit"], tags={"owner": "platform"}, every=3)


def network_hub(kit: Kit) -> None:
    # BP03-05: administrators by a role that any user of the account takes without MFA.
    kit.role(
        "OperationsAdmin",
        account_trust(kit.account.id),
        attached=["AdministratorAccess"],
        tags={"owner": "platform"},
        every=6,
    )
    # BP10-02: trusts a service without saying for whom it acts.
    kit.role(
        "flow-logs-writer",
        service_trust("vpc-flow-logs"),
        attached=["network-hub-automation"],
        tags={"owner": "platform"},
    )
    # BP11-07 second half: a share that lets outsiders in.
    share_id = uuid(kit.scene, "transit-share")
    arn = f"arn:aws:ram:us-east-1:{kit.account.id}:resource-share/{share_id}"
    shared_with = [kit.org.account("payments-core-prod").id, STRANGER]
    kit.account.shares.append(ResourceShare("transit-gateway", arn, kit.scene.ago(200, arn), True, shared_with))
    inner = arn.replace(share_id, uuid(kit.scene, "resolver-share"))
    org_arn = f"arn:aws:organizations::{kit.org.management_id}:organization/{kit.org.id}"
    kit.account.shares.append(ResourceShare("resolver-rules", inner, kit.scene.ago(210, inner), False, [org_arn]))


def ci_runners(kit: Kit) -> None:
    # BP02-08: GitHub tokens, once of any repository, once without an audience.
    provider = kit.oidc_provider("token.actions.githubusercontent.com")
    tags = {"owner": "developer-experience"}
    kit.role("github-anything", github_trust(provider.arn, "repo:*"), attached=["PowerUserAccess"], tags=tags)
    kit.role(
        "github-no-audience",
        github_trust(provider.arn, "repo:halden-group/tools:*", audience=False),
        attached=["ViewOnlyAccess"],
        tags=tags,
    )
    kit.role(
        "github-release",
        github_trust(provider.arn, "repo:halden-group/tools:ref:refs/heads/main"),
        attached=["ViewOnlyAccess"],
        tags=tags,
    )
    # BP06-04, BP14-01: may write any policy and any role.
    kit.policy(
        "build-agent",
        document(allow(["iam:CreatePolicyVersion", "iam:CreateRole", "iam:AttachRolePolicy", "iam:PutRolePolicy"])),
    )
    kit.role("build-agent", service_trust("ec2"), attached=["build-agent"], tags=tags)
    kit.instance_profile("build-agent", "build-agent")


def logistics_routing_dev(kit: Kit) -> None:
    # BP02-08: an issuer nobody allowed. BP09-03: and another that no role trusts.
    gitlab = kit.oidc_provider("gitlab.routing-contractors.example", ["https://gitlab.routing-contractors.example"])
    condition = {"gitlab.routing-contractors.example:sub": "project_path:*"}
    kit.role(
        "gitlab-runner",
        trust({"Federated": gitlab.arn}, "sts:AssumeRoleWithWebIdentity", StringLike=condition),
        attached=["ViewOnlyAccess"],
        tags={"owner": "routing"},
    )
    kit.oidc_provider("oidc.eks.us-east-1.amazonaws.com/id/5D3C1A97E0B84F6213A7C9D8E6F5B4A3")
    # BP09-03: a profile without a role.
    kit.instance_profile("routing-batch", None)
    # BP10-05: an operator that does not fit the key, and a pattern that is no pattern.
    kit.policy(
        "routing-conditions",
        document(
            allow("s3:GetObject", "arn:aws:s3:::halden-routing/*", StringLike={"aws:PrincipalTag/team": "*"}),
            allow("s3:PutObject", "arn:aws:s3:::halden-routing/*", NumericEquals={"aws:SourceIp": "203.0.113.7"}),
            allow(
                "s3:DeleteObject",
                "arn:aws:s3:::halden-routing/*",
                **{"ForAllValues:StringEquals": {"aws:PrincipalTag/team": "routing"}},
            ),
        ),
    )
    kit.role(
        "routing-batch",
        service_trust("batch", kit.account.id),
        attached=["routing-conditions"],
        tags={"owner": "routing"},
    )


def partner_exchange(kit: Kit) -> None:
    tags = {"owner": "partners"}
    # BP10-03, BP11-07: a stranger without an ExternalId; a known vendor without one; both as they should be.
    kit.role("partner-sync", account_trust(STRANGER), attached=["AmazonS3ReadOnlyAccess"], tags=tags)
    kit.role("datadog-integration", account_trust(DATADOG), attached=["SecurityAudit"], tags=tags)
    kit.role(
        "partner-sync-v2", account_trust(OTHER_STRANGER, "halden-7f3a"), attached=["AmazonS3ReadOnlyAccess"], tags=tags
    )
    kit.policy("partner-inbox", document(allow("s3:PutObject", "arn:aws:s3:::halden-partner-inbox/*")))
    kit.group("partners", attached=["partner-inbox"])
    user = kit.user("partner-upload", groups=["partners"], days=200, tags=tags)
    kit.access_key(user, days=60, service="s3")


def sandbox_hackday(kit: Kit) -> None:
    # BP11-06: the whole world, and the world narrowed to the organization.
    kit.role("open-door", trust({"AWS": "*"}), attached=["ReadOnlyAccess"], every=None)
    kit.role(
        "organization-guests",
        trust({"AWS": "*"}, StringEquals={"aws:PrincipalOrgID": kit.org.id}),
        attached=["ViewOnlyAccess"],
        every=3,
    )
    # BP06-07, BP07-03: rights on the user itself.
    # A key in tags, as the console and the hurried leave it: nothing of it may ever be stored.
    key_id, secret = EXAMPLE_KEY.values()
    user = kit.user("hack-team", days=40, attached=["AmazonS3ReadOnlyAccess"], tags={key_id: "laptop"})
    kit.account.roles["open-door"].tags["login"] = f"{key_id}:{secret}"
    kit.account.tags["note"] = f"upload with {secret}"
    user.inline["queue"] = document(allow("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{kit.account.id}:hack"))
    kit.access_key(user, days=40, service="sqs")


def payments_fraud_prod(kit: Kit) -> None:
    # BP13-05: outbound federation is in use here, under the RCP that bounds it.
    kit.account.jwt_vending = True


TRUST_DEFECTS: dict[str, Callable[[Kit], None]] = {
    "identity-directory": identity_directory,
    "network-hub": network_hub,
    "ci-runners": ci_runners,
    "logistics-routing-dev": logistics_routing_dev,
    "partner-exchange": partner_exchange,
    "sandbox-hackday": sandbox_hackday,
    "payments-fraud-prod": payments_fraud_prod,
}
