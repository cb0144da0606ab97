"""The contents of a workload account: an application, and the pipeline that deploys it."""

from __future__ import annotations

from demo.organization.documents import account_trust, allow, document, github_trust, service_trust
from demo.organization.kit import Kit
from demo.organization.model import Document

# A vendor that is publicly known to use this account id.
CLOUDABILITY = "165736516723"


def add_application(kit: Kit, tags: dict[str, str]) -> None:
    """An application: containers, functions, an instance, their policies."""
    me, app = kit.account.id, kit.account.name.rsplit("-", 1)[0]
    for part in ("api", "orders", "worker"):
        kit.policy(f"{app}-{part}-data", *_data_access(me, app, part), tags=tags)
        kit.role(
            f"{app}-{part}-task",
            service_trust("ecs-tasks", me),
            path="/app/",
            attached=[f"{app}-{part}-data"],
            boundary="workload-boundary",
            tags=tags,
        )
    kit.role(
        f"{app}-task-execution",
        service_trust("ecs-tasks", me),
        path="/app/",
        attached=["AmazonECSTaskExecutionRolePolicy"],
        boundary="workload-boundary",
        tags=tags,
    )
    for part in ("resize", "notify", "export", "reconcile"):
        kit.role(
            f"{app}-{part}-fn",
            service_trust("lambda"),
            path="/app/",
            attached=["AWSLambdaBasicExecutionRole", f"{app}-worker-data"],
            boundary="workload-boundary",
            tags=tags,
            every=2,
        )
    kit.role(
        f"{app}-instance",
        service_trust("ec2"),
        path="/app/",
        attached=["AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy"],
        boundary="workload-boundary",
        tags=tags,
    )
    kit.instance_profile(f"{app}-instance", f"{app}-instance")
    kit.role(
        f"{app}-events",
        service_trust("events", me),
        path="/app/",
        attached=[f"{app}-orders-data"],
        boundary="workload-boundary",
        tags=tags,
    )


def _data_access(me: str, app: str, part: str) -> list[Document]:
    """Two versions of a policy; the second names the table and the bucket."""
    table = f"arn:aws:dynamodb:us-east-1:{me}:table/{app}-{part}"
    bucket = f"arn:aws:s3:::halden-{app}-{part}"
    first = document(allow(["dynamodb:GetItem", "dynamodb:Query"], table))
    second = document(
        allow(["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"], table),
        allow(["s3:GetObject", "s3:PutObject"], f"{bucket}/*", StringEquals={"aws:ResourceAccount": me}),
        allow(
            "kms:Decrypt",
            f"arn:aws:kms:us-east-1:{me}:key/*",
            StringEquals={"kms:ViaService": "s3.us-east-1.amazonaws.com"},
        ),
    )
    return [first, second]


def add_deployment(kit: Kit, tags: dict[str, str]) -> None:
    """Deployment from GitHub with a scoped token; the deployer can create only roles with the boundary."""
    me, app = kit.account.id, kit.account.name.rsplit("-", 1)[0]
    provider = kit.oidc_provider("token.actions.githubusercontent.com")
    bounded = {"iam:PermissionsBoundary": f"arn:aws:iam::{me}:policy/workload-boundary"}
    kit.policy(
        "deploy-application",
        document(
            allow(
                ["cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:DescribeStacks"],
                f"arn:aws:cloudformation:*:{me}:stack/{app}-*",
            ),
            allow(
                "iam:PassRole",
                f"arn:aws:iam::{me}:role/app/*",
                StringEquals={"iam:PassedToService": ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"]},
            ),
            allow(
                ["iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"],
                f"arn:aws:iam::{me}:role/app/*",
                StringEquals=bounded,
            ),
        ),
        tags=tags,
    )
    kit.role(
        "github-deploy",
        github_trust(provider.arn, f"repo:halden-group/{app}:environment:{kit.account.tags['environment']}"),
        attached=["deploy-application"],
        boundary="workload-boundary",
        tags=tags | {"owner": "developer-experience"},
    )
    kit.policy(
        "pipeline-artifacts",
        document(allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::halden-{app}-artifacts/*")),
        tags=tags,
    )
    kit.role("release-pipeline", service_trust("codepipeline", me), attached=["pipeline-artifacts"], tags=tags, every=2)
    kit.role(
        "cloudability-reader",
        account_trust(CLOUDABILITY, f"halden-{kit.scene.token(kit.key('vendor'), 12).lower()}"),
        attached=["ViewOnlyAccess"],
        tags=tags | {"owner": "cloud-finance"},
    )
