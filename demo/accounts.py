"""What is in an account: the ordinary, healthy furniture. The faults are put in by :mod:`demo.defects`."""

from __future__ import annotations

from demo.documents import account_trust, allow, deny, document, github_trust, saml_trust, service_trust, trust
from demo.identity_center import has_single_sign_on, provision
from demo.kit import FIDO, HARDWARE, Kit
from demo.model import Contact, Document
from demo.organization import ACCOUNTS, EXTERNAL_ID, MANAGEMENT, READER_ROLE, SECURITY

GOOD_PASSWORDS = {
    "MinimumPasswordLength": 16,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "AllowUsersToChangePassword": True,
    "ExpirePasswords": False,
    "PasswordReusePrevention": 24,
}
# A vendor that is publicly known to use this account id.
CLOUDABILITY = "165736516723"
# Members whose root has no credentials at all: root access is centralized.
CENTRAL_ROOT = ("Security", "Infrastructure", "Workloads/Prod")


def furnish(kit: Kit) -> None:
    """Everything an ordinary account of its kind has."""
    name = kit.account.name
    unit, environment, _, owner = ACCOUNTS[name]
    tags = {"owner": owner or "platform", "environment": environment}
    kit.account.alias = None if environment == "sandbox" else f"halden-{name}"
    _root(kit, unit)
    _contacts(kit)
    _boundary(kit)
    _platform_roles(kit)
    if has_single_sign_on(name):
        provision(kit)
    if unit.startswith("Workloads") or unit == "Exceptions":
        _workload(kit, tags)
        _deployment(kit, tags)
    elif environment == "sandbox":
        _sandbox(kit, tags)
    else:
        _service_account(kit, tags)
    if environment != "sandbox":
        kit.account.password_policy = dict(GOOD_PASSWORDS)
        _break_glass(kit)


def _root(kit: Kit, unit: str) -> None:
    if any(unit == u or unit.startswith(u + "/") for u in CENTRAL_ROOT):
        kit.root(password=False, mfa=None)
    else:
        kit.root(last=240)


def _contacts(kit: Kit) -> None:
    for kind, who in (("SECURITY", "Security Desk"), ("OPERATIONS", "Platform Desk"), ("BILLING", "Cloud Finance")):
        email = f"{who.lower().replace(' ', '-')}@halden.example"
        kit.account.contacts[kind] = Contact(who, "Duty lead", email, "+49 30 5550100")


def _platform_roles(kit: Kit) -> None:
    """The reader, the organization's own role, support, audit and the service-linked roles."""
    management = kit.org.management_id
    platform = {"owner": "platform"}
    if kit.account.id != management:
        add_reader(kit)
    if kit.account.joined_method == "CREATED" and kit.account.id != management:
        kit.role(
            "OrganizationAccountAccessRole",
            account_trust(management, mfa=True),
            attached=["AdministratorAccess"],
            tags=platform,
            every=20,
            days=500,
        )
    kit.role(
        "SupportCases", account_trust(kit.account.id, mfa=True), attached=["AWSSupportAccess"], tags=platform, every=30
    )
    auditor = kit.org.account(SECURITY).id
    kit.role(
        "SecurityAuditor",
        trust({"AWS": f"arn:aws:iam::{auditor}:role/AuditHub"}),
        attached=["SecurityAudit", "ViewOnlyAccess"],
        tags=platform,
        every=4,
    )
    linked = {
        "AWSServiceRoleForSupport": ("support", "AWSSupportServiceRolePolicy"),
        "AWSServiceRoleForTrustedAdvisor": ("trustedadvisor", "AWSTrustedAdvisorServiceRolePolicy"),
        "AWSServiceRoleForOrganizations": ("organizations", "AWSOrganizationsServiceTrustPolicy"),
        "AWSServiceRoleForSSO": ("sso", "AWSSSOServiceRolePolicy"),
        "AWSServiceRoleForConfig": ("config", "AWSConfigServiceRolePolicy"),
        "AWSServiceRoleForAccessAnalyzer": ("access-analyzer", "AccessAnalyzerServiceRolePolicy"),
        "AWSServiceRoleForAmazonGuardDuty": ("guardduty", "AmazonGuardDutyServiceRolePolicy"),
    }
    for role, (service, policy) in linked.items():
        kit.service_linked_role(role, service, [policy])


def add_reader(kit: Kit) -> None:
    """The role the pipeline takes in every member account."""
    kit.role(
        READER_ROLE,
        account_trust(kit.org.management_id, EXTERNAL_ID),
        attached=["SecurityAudit"],
        tags={"owner": "platform"},
        description="Read by Rolecall each night",
    )


def _boundary(kit: Kit) -> None:
    """A boundary that allows services, not identity, and protects itself."""
    me = kit.account.id
    own = f"arn:aws:iam::{me}:policy/workload-boundary"
    kit.policy(
        "workload-boundary",
        document(
            allow(["s3:*", "dynamodb:*", "sqs:*", "sns:*", "logs:*", "cloudwatch:*", "kms:Decrypt", "xray:*"]),
            allow("iam:PassRole", f"arn:aws:iam::{me}:role/app/*"),
            deny(["iam:*PermissionsBoundary", "organizations:*", "account:*"]),
            deny(["iam:CreatePolicyVersion", "iam:DeletePolicy*", "iam:SetDefaultPolicyVersion"], own),
        ),
        description="The most a workload role can do",
        days=460,
    )


def _workload(kit: Kit, tags: dict[str, str]) -> None:
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
    """Two versions of a policy: the second says which table and bucket."""
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


def _deployment(kit: Kit, tags: dict[str, str]) -> None:
    """GitHub deploys with a scoped token; the deployer hands out bounded roles only."""
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


def _sandbox(kit: Kit, tags: dict[str, str]) -> None:
    """A person's own account: a few roles, nothing that lasts."""
    kit.role("playground-fn", service_trust("lambda"), attached=["AWSLambdaBasicExecutionRole"], tags=tags, every=9)
    kit.role(
        "playground-instance", service_trust("ec2"), attached=["AmazonSSMManagedInstanceCore"], tags=tags, every=14
    )
    kit.instance_profile("playground-instance", "playground-instance")


def _service_account(kit: Kit, tags: dict[str, str]) -> None:
    """Security and infrastructure accounts: automation by named roles."""
    me, name = kit.account.id, kit.account.name
    kit.policy(
        f"{name}-automation",
        document(allow(["ssm:StartAutomationExecution", "ssm:GetAutomationExecution"], f"arn:aws:ssm:*:{me}:*")),
        tags=tags,
    )
    for job, service in (("collector", "lambda"), ("forwarder", "firehose"), ("scheduler", "scheduler")):
        source = None if service == "lambda" else me
        kit.role(f"{name}-{job}", service_trust(service, source), attached=[f"{name}-automation"], tags=tags)
    kit.role(
        "PlatformAutomation",
        account_trust(kit.org.account("shared-services").id, mfa=False),
        attached=["PowerUserAccess"],
        tags=tags,
        every=2,
    )
    if name == SECURITY:
        kit.role(
            "AuditHub",
            saml_trust(next(iter(kit.account.saml_providers.values())).arn),
            attached=["SecurityAudit"],
            tags=tags,
        )
    if name == MANAGEMENT:
        kit.role(
            "RolecallRunner",
            service_trust("ec2"),
            attached=["SecurityAudit", "AWSOrganizationsReadOnlyAccess"],
            tags=tags,
        )


def _break_glass(kit: Kit) -> None:
    """One emergency user: hardware MFA, a group that may only take the emergency role, never used."""
    me = kit.account.id
    kit.role(
        "EmergencyAdministrator",
        account_trust(me, mfa=True),
        attached=["AdministratorAccess"],
        every=None,
        last=None,
        days=460,
        tags={"owner": "security", "purpose": "break-glass"},
    )
    kit.policy(
        "require-mfa",
        document(deny("*", "*", BoolIfExists={"aws:MultiFactorAuthPresent": "false"})),
        days=450,
    )
    kit.policy(
        "take-emergency-role",
        document(allow("sts:AssumeRole", f"arn:aws:iam::{me}:role/EmergencyAdministrator")),
        days=450,
    )
    kit.group("emergency", attached=["take-emergency-role", "require-mfa"])
    user = kit.user("break-glass", groups=["emergency"], days=450, tags={"owner": "security", "purpose": "break-glass"})
    kit.password(user, changed=30, every=None, last=28)
    kit.mfa(user, FIDO if kit.scene.number(kit.key("glass"), 2) else HARDWARE)
