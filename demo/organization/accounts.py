"""The ordinary, healthy contents of an account. Defects are added by the ``defects_*`` modules."""

from __future__ import annotations

from demo.organization.charter import ACCOUNTS, EXTERNAL_ID, MANAGEMENT, READER_ROLE, SECURITY
from demo.organization.documents import account_trust, allow, deny, document, saml_trust, service_trust, trust
from demo.organization.identity_center import has_single_sign_on, provision
from demo.organization.kit import FIDO, HARDWARE, Kit
from demo.organization.machines import add_estate_roles
from demo.organization.model import Contact
from demo.organization.workloads import add_application, add_deployment

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
# Members whose root has no credentials at all: root access is centralized.
CENTRAL_ROOT = ("Security", "Infrastructure", "Workloads/Prod")
# Opened for a move that has not begun: nothing is in it but the reader and AWS's own roles.
EMPTY = "harborlight-shop"


def furnish(kit: Kit) -> None:
    """Add everything that an ordinary account of its kind has."""
    name = kit.account.name
    unit, environment, _, owner = ACCOUNTS[name]
    if name == EMPTY:
        _root(kit, unit)
        add_reader(kit)
        _service_linked_roles(kit)
        return
    tags = {"owner": owner or "platform", "environment": environment}
    kit.account.alias = None if environment == "sandbox" else f"halden-{name}"
    _root(kit, unit)
    _contacts(kit)
    _boundary(kit)
    _platform_roles(kit)
    if has_single_sign_on(name):
        provision(kit)
    if unit.startswith("Workloads") or unit == "Exceptions":
        add_application(kit, tags)
        add_deployment(kit, tags)
    elif environment == "sandbox":
        _sandbox(kit, tags)
    else:
        _service_account(kit, tags)
    if environment != "sandbox":
        kit.account.password_policy = dict(GOOD_PASSWORDS)
        _break_glass(kit)
    add_estate_roles(kit)


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
    """The reader, OrganizationAccountAccessRole, support, audit and service-linked roles."""
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
    _service_linked_roles(kit)


def _service_linked_roles(kit: Kit) -> None:
    """The roles created by AWS services."""
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
    """The role that the pipeline assumes in every member account."""
    kit.role(
        READER_ROLE,
        account_trust(kit.org.management_id, EXTERNAL_ID),
        attached=["SecurityAudit"],
        tags={"owner": "platform"},
        description="Read by Rolecall each night",
    )


def _boundary(kit: Kit) -> None:
    """A permissions boundary that allows services but not IAM, and protects itself."""
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


def _sandbox(kit: Kit, tags: dict[str, str]) -> None:
    """A personal sandbox account: a few roles, nothing permanent."""
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
    """One unused emergency user: hardware MFA, and a group that may only assume the emergency role."""
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
