"""The organization's charter: who is in it, where, and under which guardrails. Only tables."""

from __future__ import annotations

from typing import Any

READER_ROLE = "RolecallReader"
EXTERNAL_ID = "rolecall-4f1c9d7e"
DOMAIN = "halden.example"
MANAGEMENT = "group-management"
SECURITY = "security-tooling"
SCP = "SERVICE_CONTROL_POLICY"
RCP = "RESOURCE_CONTROL_POLICY"

# Unit by path -> names of the SCPs and RCPs attached beside the two full-access ones.
UNITS: dict[str, tuple[str, ...]] = {
    "": (),
    "Security": ("deny-leave-organization", "deny-root", "protect-detectors", "require-tls"),
    "Infrastructure": ("deny-leave-organization", "deny-root", "protect-detectors", "require-tls"),
    "Workloads": ("deny-leave-organization", "protect-trails", "deny-other-regions", "require-tls"),
    "Workloads/Prod": (
        "deny-root",
        "deny-iam-users",
        "protect-identity-providers",
        "protect-roles",
        "identity-perimeter",
        "confused-deputy",
        "github-only",
    ),
    "Workloads/Prod/Retail": (),
    "Workloads/Prod/Payments": ("deny-service-credentials", "expected-networks", "outbound-tokens"),
    "Workloads/Prod/Logistics": (),
    "Workloads/Prod/Data": ("deny-service-credentials",),
    "Workloads/NonProd": ("protect-identity-providers",),
    "Workloads/NonProd/Retail": (),
    "Workloads/NonProd/Payments": ("deny-root",),
    "Workloads/NonProd/Logistics": (),
    "Workloads/NonProd/Data": (),
    "Sandbox": ("deny-leave-organization", "no-external-shares"),
    "Acquired": (),
    "Exceptions": ("deny-leave-organization",),
    "Policy Staging": ("staged-analyzer-protection", "staged-hsm-protection"),
    "Suspended": ("deny-everything",),
}

# Account -> (unit, environment, business unit, owner or None where the tag is missing).
ACCOUNTS: dict[str, tuple[str, str, str, str | None]] = {
    MANAGEMENT: ("", "management", "group", "platform"),
    "legacy-telemetry": ("", "prod", "group", None),
    SECURITY: ("Security", "prod", "group", "security"),
    "log-archive": ("Security", "prod", "group", "security"),
    "forensics": ("Security", "prod", "group", "security"),
    "network-hub": ("Infrastructure", "prod", "group", "platform"),
    "shared-services": ("Infrastructure", "prod", "group", "platform"),
    "identity-directory": ("Infrastructure", "prod", "group", "platform"),
    "backup-vault": ("Infrastructure", "prod", "group", "platform"),
    "ci-runners": ("Infrastructure", "prod", "group", "developer-experience"),
    "observability": ("Infrastructure", "prod", "group", "platform"),
    "retail-storefront-prod": ("Workloads/Prod/Retail", "prod", "retail", "storefront"),
    "retail-orders-prod": ("Workloads/Prod/Retail", "prod", "retail", "orders"),
    "retail-loyalty-prod": ("Workloads/Prod/Retail", "prod", "retail", "loyalty"),
    "payments-core-prod": ("Workloads/Prod/Payments", "prod", "payments", "payments-core"),
    "payments-fraud-prod": ("Workloads/Prod/Payments", "prod", "payments", "fraud"),
    "payments-ledger-prod": ("Workloads/Prod/Payments", "prod", "payments", "ledger"),
    "logistics-routing-prod": ("Workloads/Prod/Logistics", "prod", "logistics", "routing"),
    "logistics-warehouse-prod": ("Workloads/Prod/Logistics", "prod", "logistics", "warehouse"),
    "data-lake-prod": ("Workloads/Prod/Data", "prod", "data", "lake"),
    "data-science-prod": ("Workloads/Prod/Data", "prod", "data", "science"),
    "retail-storefront-dev": ("Workloads/NonProd/Retail", "dev", "retail", "storefront"),
    "retail-orders-dev": ("Workloads/NonProd/Retail", "dev", "retail", "orders"),
    "retail-loyalty-test": ("Workloads/NonProd/Retail", "test", "retail", None),
    "payments-core-dev": ("Workloads/NonProd/Payments", "dev", "payments", "payments-core"),
    "payments-fraud-test": ("Workloads/NonProd/Payments", "test", "payments", "fraud"),
    "payments-ledger-dev": ("Workloads/NonProd/Payments", "dev", "payments", "ledger"),
    "logistics-routing-dev": ("Workloads/NonProd/Logistics", "dev", "logistics", "routing"),
    "logistics-warehouse-test": ("Workloads/NonProd/Logistics", "test", "logistics", None),
    "data-lake-dev": ("Workloads/NonProd/Data", "dev", "data", "lake"),
    "data-science-dev": ("Workloads/NonProd/Data", "dev", "data", "science"),
    "sandbox-alvarez": ("Sandbox", "sandbox", "group", "m.alvarez"),
    "sandbox-okafor": ("Sandbox", "sandbox", "group", "c.okafor"),
    "sandbox-lindqvist": ("Sandbox", "sandbox", "group", "e.lindqvist"),
    "sandbox-training": ("Sandbox", "sandbox", "group", None),
    "sandbox-hackday": ("Sandbox", "sandbox", "group", None),
    "bluefin-platform": ("Acquired", "prod", "bluefin", None),
    "tinsmith-web": ("Acquired", "prod", "tinsmith", None),
    "harborlight-erp": ("Acquired", "prod", "harborlight", "erp"),
    "harborlight-shop": ("Acquired", "prod", "harborlight", None),
    "partner-exchange": ("Exceptions", "prod", "group", "partners"),
    "marketing-campaigns": ("Exceptions", "prod", "group", "marketing"),
    "policy-staging": ("Policy Staging", "test", "group", "security"),
    "retail-promo-2023": ("Suspended", "prod", "retail", "storefront"),
    "payments-pilot": ("Suspended", "dev", "payments", "payments-core"),
}
STATES = {"retail-promo-2023": "SUSPENDED", "payments-pilot": "CLOSED"}
INVITED = ("bluefin-platform", "tinsmith-web", "harborlight-erp", "harborlight-shop", "legacy-telemetry")
# Accounts that are not there from the beginning, and the night they join.
JOINS = {"harborlight-shop": 4}
# Attached to one account, beside what its unit gives it.
ACCOUNT_POLICIES = {
    "partner-exchange": ("deny-credential-listing",),
    "payments-core-prod": ("protect-keys",),
    "data-lake-prod": ("protect-keys",),
}

# Policy name -> (kind, sample file or our own document, description).
POLICIES: dict[str, tuple[str, str | dict[str, Any], str]] = {
    "deny-leave-organization": (SCP, "Deny-member-accounts-from-leaving-your-AWS-organization", "Members stay"),
    "deny-root": (
        SCP,
        "Prevent-root-credentials-management-in-member-accounts-in-AWS-Organizations",
        "Root does nothing, except sessions taken by AssumeRoot",
    ),
    "protect-detectors": (
        SCP,
        "Deny-users-from-disabling-Amazon-GuardDuty-or-modifying-its-configuration",
        "GuardDuty stays on",
    ),
    "protect-trails": (SCP, "Deny-modifications-to-specific-CloudTrail-trails", "The organization trail stays on"),
    "deny-other-regions": (SCP, "Deny-access-to-AWS-based-on-the-requested-AWS-region", "Three regions only"),
    "deny-iam-users": (SCP, "Deny-critical-IAM-user-actions", "No IAM users or keys are made"),
    "protect-identity-providers": (
        SCP,
        "Deny-unwarranted-IAM-federations-creation-modification",
        "Identity providers are made by the platform team",
    ),
    "protect-roles": (SCP, "Deny-modifications-to-specific-IAM-roles", "Platform roles are not touched"),
    "deny-service-credentials": (
        SCP,
        "deny-creating-any-service-specific-credentials",
        "No service-specific credentials",
    ),
    "expected-networks": (
        SCP,
        "Deny-use-of-IAM-user-credentials-from-unexpected-networks",
        "IAM users only from our networks",
    ),
    "protect-keys": (SCP, "Deny-KMS-key-deletion", "KMS keys are not deleted"),
    "no-external-shares": (SCP, "Deny-RAM-from-sharing-resources-to-external-accounts", "Shares stay inside"),
    "staged-analyzer-protection": (
        SCP,
        "Deny-deletion-of-AWS-Access-Analyzer-and-findings-in-an-account",
        "On trial",
    ),
    "staged-hsm-protection": (
        SCP,
        {
            "Version": "2012-10-17",
            "Statement": {
                "Sid": "KeepHsm",
                "Effect": "Deny",
                "Action": ["cloudhsm:Delete*", "cloudhsmm:Modify*"],
                "Resource": "*",
            },
        },
        "On trial; a service name is misspelt",
    ),
    "deny-credential-listing": (
        SCP,
        {
            "Version": "2012-10-17",
            "Statement": {
                "Sid": "HidePartnerCredentials",
                "Effect": "Deny",
                "Action": ["iam:ListSSHPublicKeys", "iam:GetSSHPublicKey", "iam:ListServiceSpecificCredentials"],
                "Resource": "*",
            },
        },
        "Partners' credentials are not listed",
    ),
    "deny-everything": (
        SCP,
        {
            "Version": "2012-10-17",
            "Statement": {"Sid": "Nothing", "Effect": "Deny", "Action": "*", "Resource": "*"},
        },
        "For accounts on their way out",
    ),
    "protect-config": (SCP, "Deny-enabling-and-disabling-AWS-Config", "AWS Config stays on"),
    "require-tls": (RCP, "Restrict-access-to-only-HTTPS-connections-to-your-resources", "TLS only"),
    "confused-deputy": (
        RCP,
        "Enforce-controls-on-AWS-services-that-use-service-principals-to-access-your-resources",
        "Services act for us only",
    ),
    "github-only": (RCP, "GitHub-Actions", "GitHub tokens of our own organization only"),
    "outbound-tokens": (RCP, "IAM-Restrict-outbound-federation", "Outbound tokens are short and addressed"),
    "identity-perimeter": (
        RCP,
        {
            "Version": "2012-10-17",
            "Statement": {
                "Sid": "OurIdentitiesOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["s3:*", "sqs:*", "kms:*", "secretsmanager:*", "sts:AssumeRole"],
                "Resource": "*",
                "Condition": {
                    "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "<my-org-id>"},
                    "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                },
            },
        },
        "Our identities only",
    ),
}
FULL_ACCESS = {SCP: "FullAWSAccess", RCP: "RCPFullAWSAccess"}

DELEGATIONS = ("access-analyzer", "iam", "sso", "guardduty", "securityhub", "config")
TRUSTED = (*DELEGATIONS, "cloudtrail", "ram", "tagpolicies.tag", "member.org.stacksets.cloudformation", "backup")
