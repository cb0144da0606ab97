"""Defects of roles, policies and boundaries, account by account.

Each line says which control it is an example for; README.md has the table the other way round.
"""

from __future__ import annotations

from collections.abc import Callable

from demo.organization.documents import account_trust, allow, deny, document, service_trust
from demo.organization.identity_center import uuid
from demo.organization.kit import Kit
from demo.organization.model import PolicyGeneration


def sandbox_okafor(kit: Kit) -> None:
    # BP06-01: *:* in a policy that is attached, in one that is not, and inline.
    kit.policy("everything", document(allow("*")))
    kit.policy(
        "everything-but-billing", document({"Effect": "Allow", "NotAction": "aws-portal:*", "Resource": "*"}), days=200
    )
    role = kit.role("experiment", service_trust("ec2"), attached=["everything"], every=2)
    inline = kit.role("experiment-inline", service_trust("lambda"), every=3)
    inline.inline["all"] = document(allow(["*"], ["*"]))
    # BP06-02: more administrators than an account should have.
    for n in range(1, 6):
        kit.role(f"admin-{n}", account_trust(kit.account.id), attached=["AdministratorAccess"], every=2 + n)
    role.description = "Just for now"


def data_science_prod(kit: Kit) -> None:
    tags = {"owner": "science"}
    # BP06-05, BP06-04: passes any role to notebooks, takes any role.
    kit.policy(
        "notebook-launcher",
        document(
            allow(["sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"]),
            allow("iam:PassRole"),
            allow("sts:AssumeRole"),
        ),
    )
    kit.role("notebook-launcher", service_trust("sagemaker", kit.account.id), attached=["notebook-launcher"], tags=tags)
    # BP06-05 good: says what and to whom.
    me = kit.account.id
    scoped = allow(
        "iam:PassRole", f"arn:aws:iam::{me}:role/app/*", StringEquals={"iam:PassedToService": "sagemaker.amazonaws.com"}
    )
    kit.policy("notebook-scoped", document(scoped))
    kit.role("notebook-scoped", service_trust("sagemaker", me), attached=["notebook-scoped"], tags=tags)
    # A role for each experiment: more than one page of them.
    for n in range(1, 131):
        kit.role(
            f"experiment-{n:03d}",
            service_trust("sagemaker", me),
            path="/experiments/",
            attached=["notebook-scoped"],
            boundary="workload-boundary",
            tags=tags,
            every=1 + n % 20,
        )


def data_lake_prod(kit: Kit) -> None:
    me, tags = kit.account.id, {"owner": "lake"}
    # BP07-01: a broad AWS policy on a workload, and one that AWS has retired.
    kit.role("lake-loader", service_trust("glue", me), attached=["AmazonS3FullAccess", "AWSGlueServiceRole"], tags=tags)
    kit.role("lake-bastion", service_trust("ec2"), attached=["AmazonEC2RoleforSSM"], tags=tags)
    # BP06-03, BP08-01: service wildcards; policies were generated for the first, not for the second.
    kit.policy("lake-everything", document(allow(["s3:*", "glue:*", "kms:*"])))
    kit.policy(
        "lake-not-iam", document({"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"})
    )
    crawler = kit.role("lake-crawler", service_trust("glue", me), attached=["lake-everything"], tags=tags)
    kit.role("lake-janitor", service_trust("lambda"), attached=["lake-not-iam"], tags=tags)
    started = kit.scene.ago(2, "lake-generation")
    kit.account.generations += [
        PolicyGeneration(
            uuid(kit.scene, "generation-1"),
            crawler.arn,
            "SUCCEEDED",
            started,
            started.replace(second=59),
            [document(allow(["glue:GetCrawler", "glue:GetTable", "glue:UpdateTable", "s3:ListBucket"]))],
        ),
        PolicyGeneration(uuid(kit.scene, "generation-0"), crawler.arn, "FAILED", kit.scene.ago(3, "lake-failed")),
    ]
    # More than one page of account details.
    kit.policy(
        "etl-read",
        document(
            allow("s3:GetObject", "arn:aws:s3:::halden-data-lake-orders/*", StringEquals={"aws:ResourceAccount": me})
        ),
    )
    for n in range(1, 391):
        kit.role(
            f"etl-job-{n:03d}",
            service_trust("glue", me),
            path="/etl/",
            attached=["etl-read"],
            tags=tags,
            every=1 + n % 30,
        )


def retail_loyalty_prod(kit: Kit) -> None:
    tags = {"owner": "loyalty"}
    # BP06-06: reads every secret and every parameter.
    kit.policy(
        "loyalty-secrets", document(allow(["secretsmanager:GetSecretValue", "ssm:GetParameter*", "s3:GetObject"]))
    )
    kit.role("loyalty-config", service_trust("lambda"), attached=["loyalty-secrets"], tags=tags)
    # BP09-06: one certificate is past its end, one is near it, one is good.
    kit.server_certificate("loyalty-2024", days=800, valid_days=-45)
    kit.server_certificate("loyalty-2025", days=340, valid_days=17)
    kit.server_certificate("loyalty-2026", days=30, valid_days=330)


def retail_storefront_prod(kit: Kit) -> None:
    # BP07-03: rights written into the role. BP09-02: unused for long (removed on the eighth night).
    role = kit.role("storefront-thumbnails", service_trust("lambda"), tags={"owner": "storefront"})
    role.inline["write-images"] = document(allow("s3:PutObject", "arn:aws:s3:::halden-storefront-images/*"))
    kit.role(
        "storefront-v1-migration", service_trust("ec2"), days=700, every=None, last=480, tags={"owner": "storefront"}
    )
    # BP09-02: never used, and old enough to know.
    kit.role("storefront-never", service_trust("lambda"), days=200, every=None, tags={"owner": "storefront"})
    # BP09-03: attached to nothing.
    kit.policy(
        "storefront-old-cdn",
        document(allow("cloudfront:CreateInvalidation", f"arn:aws:cloudfront::{kit.account.id}:distribution/*")),
        days=500,
    )
    # BP09-07: nobody's.
    kit.role("storefront-mystery", service_trust("lambda"), attached=["AWSLambdaBasicExecutionRole"])


def data_lake_dev(kit: Kit) -> None:
    me = kit.account.id
    # BP14-04, BP14-02: a boundary that bounds nothing, and a bounded role that can take its own boundary off.
    kit.policy("loose-boundary", document(allow("*")))
    kit.policy(
        "boundary-keeper",
        document(
            allow(
                ["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary", "iam:CreatePolicyVersion"],
                f"arn:aws:iam::{me}:*",
            )
        ),
    )
    kit.role(
        "lake-self-service",
        service_trust("lambda"),
        path="/app/",
        attached=["boundary-keeper"],
        boundary="loose-boundary",
        tags={"owner": "lake"},
    )
    # BP14-03: on the delegated path, without a boundary.
    kit.role(
        "lake-adhoc",
        service_trust("lambda"),
        path="/app/",
        attached=["AWSLambdaBasicExecutionRole"],
        tags={"owner": "lake"},
    )
    # BP10-04: strong rights without any condition.
    kit.policy(
        "lake-key-admin",
        document(
            allow(
                ["kms:CreateGrant", "kms:PutKeyPolicy", "s3:DeleteBucket", "s3:PutBucketPolicy"],
                [f"arn:aws:kms:us-east-1:{me}:key/*", "arn:aws:s3:::halden-data-lake-*"],
            )
        ),
    )
    kit.role(
        "lake-key-admin", account_trust(me, mfa=True), attached=["lake-key-admin"], tags={"owner": "lake"}, every=12
    )
    # BP14-02 good: a user under a boundary that keeps itself.
    bounded = kit.user("lake-bounded", groups=["developers"], days=90, tags={"owner": "lake"})
    bounded.boundary = kit.arn("policy", "workload-boundary")


def logistics_warehouse_prod(kit: Kit) -> None:
    # BP06-04 good: the same strong right, but the boundary takes it away.
    kit.policy(
        "release-agent",
        document(allow(["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"]), deny("iam:PassRole")),
    )
    kit.role(
        "release-agent",
        service_trust("ec2"),
        path="/app/",
        attached=["release-agent"],
        boundary="workload-boundary",
        tags={"owner": "warehouse"},
    )


def legacy_telemetry(kit: Kit) -> None:
    # BP01-02: nobody gets in but with IAM users. BP07-01: and its workloads may do anything.
    kit.role("ingest", service_trust("ec2"), attached=["PowerUserAccess"], days=1200)
    kit.instance_profile("ingest", "ingest")


def data_science_dev(kit: Kit) -> None:
    # BP07-02: full CloudShell, which carries files out; BP13-05: outbound federation without an RCP.
    kit.role(
        "science-shell",
        account_trust(kit.account.id, mfa=True),
        attached=["AWSCloudShellFullAccess"],
        tags={"owner": "science"},
        every=5,
    )
    kit.account.jwt_vending = True


ACCESS_DEFECTS: dict[str, Callable[[Kit], None]] = {
    "sandbox-okafor": sandbox_okafor,
    "data-science-prod": data_science_prod,
    "data-lake-prod": data_lake_prod,
    "retail-loyalty-prod": retail_loyalty_prod,
    "retail-storefront-prod": retail_storefront_prod,
    "data-lake-dev": data_lake_dev,
    "logistics-warehouse-prod": logistics_warehouse_prod,
    "legacy-telemetry": legacy_telemetry,
    "data-science-dev": data_science_dev,
}
