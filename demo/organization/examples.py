"""Where each control's good and bad example is: the promise the demo makes, and its tests keep.

The table of README.md is :func:`as_table`; ``python -m demo examples`` prints it.
"""

from __future__ import annotations

from dataclasses import dataclass

from demo.organization.scene import NIGHTS

GOOD, BAD, NOT_APPLICABLE, MANUAL = "good", "bad", "n/a", "manual"


@dataclass(frozen=True)
class Example:
    """One resource and what a control should say of it.

    ``account`` is a name ("" is the organization); ``resource`` is the end of an IAM ARN, another name, or ""
    for the account itself; it holds from night ``since`` to night ``until``.
    """

    control: str
    verdict: str
    account: str
    resource: str = ""
    since: int = 1
    until: int = NIGHTS

    @property
    def place(self) -> str:
        where = ": ".join(p for p in (self.account or "organization", self.resource) if p)
        if (self.since, self.until) == (1, NIGHTS):
            return where
        return (
            f"{where} (night {self.since})"
            if self.since == self.until
            else f"{where} (nights {self.since}-{self.until})"
        )


_SUPPORT = "role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport"
_EKS = "oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/5D3C1A97E0B84F6213A7C9D8E6F5B4A3"
_ORDERS = "policy/retail-orders-orders-data"

EXAMPLES = (
    Example("BP01-01", GOOD, "group-management"),
    Example("BP01-01", BAD, "sandbox-hackday", until=6),
    Example("BP01-01", GOOD, "sandbox-hackday", since=7),
    Example("BP01-02", GOOD, "retail-orders-prod"),
    Example("BP01-02", BAD, "legacy-telemetry"),
    Example("BP01-02", BAD, "harborlight-erp", until=7),
    Example("BP01-02", GOOD, "harborlight-erp", since=8),
    Example("BP01-02", NOT_APPLICABLE, "harborlight-shop", since=4, until=6),
    Example("BP01-03", GOOD, "payments-core-prod", "user/service/svc-invoices"),
    Example("BP01-03", BAD, "data-lake-dev", "user/julia.meyer"),
    Example("BP01-03", NOT_APPLICABLE, "harborlight-shop", since=4),
    Example("BP01-04", GOOD, "identity-directory", "role/adfs-auditors"),
    Example("BP01-04", BAD, "identity-directory", "role/adfs-developers"),
    Example("BP01-04", BAD, "identity-directory", "saml-provider/LegacyADFS"),
    Example("BP02-01", GOOD, "payments-core-prod", "user/service/svc-partner-login"),
    Example("BP02-01", BAD, "payments-core-prod", "user/service/svc-settlement"),
    Example("BP02-01", NOT_APPLICABLE, "harborlight-shop", since=4),
    Example("BP02-08", GOOD, "retail-orders-prod", "role/github-deploy"),
    Example("BP02-08", BAD, "ci-runners", "role/github-anything"),
    Example("BP02-08", BAD, "ci-runners", "role/github-no-audience"),
    Example("BP02-08", BAD, "logistics-routing-dev", "role/gitlab-runner"),
    Example("BP03-01", GOOD, "data-lake-dev", "user/udo.former"),
    Example("BP03-01", BAD, "data-lake-dev", "user/julia.meyer"),
    Example("BP03-01", BAD, "legacy-telemetry", "user/telemetry-admin", until=2),
    Example("BP03-01", GOOD, "legacy-telemetry", "user/telemetry-admin", since=3),
    Example("BP03-01", NOT_APPLICABLE, "payments-core-prod", "user/service/svc-invoices"),
    Example("BP03-02", GOOD, "sandbox-alvarez", "user/maria.alvarez", until=5),
    Example("BP03-02", BAD, "sandbox-alvarez", "user/maria.alvarez", since=6, until=7),
    Example("BP03-02", GOOD, "sandbox-alvarez", "user/maria.alvarez", since=8),
    Example("BP03-02", BAD, "sandbox-okafor", "user/chidi.okafor"),
    Example("BP03-03", GOOD, "sandbox-alvarez", "user/maria.alvarez", until=5),
    Example("BP03-03", BAD, "sandbox-lindqvist", "user/elsa.lindqvist"),
    Example("BP03-04", MANUAL, ""),
    Example("BP03-05", GOOD, "network-hub", "role/EmergencyAdministrator"),
    Example("BP03-05", GOOD, "data-lake-dev", "user/udo.former"),
    Example("BP03-05", BAD, "network-hub", "role/OperationsAdmin"),
    Example("BP03-05", BAD, "data-lake-dev", "user/julia.meyer"),
    Example("BP03-05", BAD, "sandbox-lindqvist", "user/elsa.lindqvist"),
    Example("BP03-06", GOOD, "log-archive"),
    Example("BP03-06", BAD, "data-lake-dev", until=2),
    Example("BP03-06", GOOD, "data-lake-dev", since=3),
    Example("BP03-06", BAD, "legacy-telemetry"),
    Example("BP03-06", NOT_APPLICABLE, "sandbox-training", until=4),
    Example("BP04-01", GOOD, "data-lake-dev", "user/julia.meyer"),
    Example("BP04-01", BAD, "payments-core-prod", "user/service/svc-settlement", until=6),
    Example("BP04-01", GOOD, "payments-core-prod", "user/service/svc-settlement", since=7),
    Example("BP04-01", GOOD, "payments-core-prod", "user/service/svc-invoices", until=3),
    Example("BP04-01", BAD, "payments-core-prod", "user/service/svc-invoices", since=5),
    Example("BP04-02", GOOD, "payments-core-prod", "user/service/svc-bank-gateway", until=6),
    Example("BP04-02", BAD, "payments-core-prod", "user/service/svc-rates-feed"),
    Example("BP04-03", GOOD, "payments-core-prod", "user/service/svc-partner-login"),
    Example("BP04-03", BAD, "retail-orders-dev", "user/orders-setup"),
    Example("BP04-03", BAD, "data-lake-dev", "user/julia.meyer"),
    Example("BP04-04", GOOD, "payments-core-prod", "user/service/svc-bank-gateway"),
    Example("BP04-04", BAD, "retail-orders-dev", "user/ole.brandt"),
    Example("BP04-05", GOOD, "shared-services", "user/git-mirror"),
    Example("BP04-05", GOOD, "shared-services", "user/BedrockAPIKey-docs"),
    Example("BP04-05", BAD, "shared-services", "user/keyspaces-loader"),
    Example("BP04-05", BAD, "shared-services", "user/chat-prototype"),
    Example("BP04-05", BAD, "shared-services", "user/hotfix-pusher"),
    Example("BP04-05", BAD, "shared-services", "user/soap-client"),
    Example("BP04-05", BAD, "retail-orders-dev", "user/ole.brandt"),
    Example("BP04-06", GOOD, "retail-orders-dev", "user/orders-setup"),
    Example("BP04-06", BAD, "retail-orders-dev", "user/deploy-bot"),
    Example("BP04-06", NOT_APPLICABLE, "harborlight-shop", since=4),
    Example("BP05-01", GOOD, "group-management"),
    Example("BP05-01", BAD, "legacy-telemetry", until=5),
    Example("BP05-01", GOOD, "legacy-telemetry", since=6),
    Example("BP05-01", BAD, "harborlight-erp"),
    Example("BP05-02", GOOD, "group-management"),
    Example("BP05-02", BAD, "sandbox-lindqvist"),
    Example("BP05-02", NOT_APPLICABLE, "log-archive"),
    Example("BP05-03", GOOD, "group-management"),
    Example("BP05-03", BAD, "data-science-dev"),
    Example("BP05-03", NOT_APPLICABLE, "log-archive"),
    Example("BP05-04", GOOD, "group-management"),
    Example("BP05-04", BAD, "sandbox-hackday"),
    Example("BP05-05", BAD, "", until=2),
    Example("BP05-05", GOOD, "", since=3),
    Example("BP05-06", GOOD, "log-archive"),
    Example("BP05-06", BAD, "retail-orders-dev", since=3),
    Example("BP05-06", NOT_APPLICABLE, "group-management"),
    Example("BP05-07", GOOD, "retail-orders-prod"),
    Example("BP05-07", BAD, "retail-orders-dev"),
    Example("BP05-07", BAD, "sandbox-alvarez", until=6),
    Example("BP05-07", GOOD, "sandbox-alvarez", since=7),
    Example("BP05-07", NOT_APPLICABLE, "group-management"),
    Example("BP05-08", GOOD, "retail-orders-prod"),
    Example("BP05-08", BAD, "data-science-dev"),
    Example("BP05-08", BAD, "bluefin-platform"),
    Example("BP06-01", GOOD, "ci-runners", "policy/build-agent"),
    Example("BP06-01", BAD, "sandbox-okafor", "policy/everything"),
    Example("BP06-01", BAD, "sandbox-okafor", "role/experiment-inline"),
    Example("BP06-02", GOOD, "data-lake-dev", "user/julia.meyer"),
    Example("BP06-02", BAD, "sandbox-okafor", "role/admin-1"),
    Example("BP06-02", BAD, "sandbox-okafor"),
    Example("BP06-03", BAD, "data-lake-prod", "policy/lake-everything"),
    Example("BP06-03", BAD, "data-lake-prod", "policy/lake-not-iam"),
    Example("BP06-03", GOOD, "retail-orders-prod", _ORDERS, until=4),
    Example("BP06-03", BAD, "retail-orders-prod", _ORDERS, since=5, until=5),
    Example("BP06-03", GOOD, "retail-orders-prod", _ORDERS, since=6),
    Example("BP06-04", GOOD, "logistics-warehouse-prod", "role/app/release-agent"),
    Example("BP06-04", BAD, "ci-runners", "role/build-agent"),
    Example("BP06-05", GOOD, "data-science-prod", "policy/notebook-scoped"),
    Example("BP06-05", BAD, "data-science-prod", "policy/notebook-launcher"),
    Example("BP06-06", GOOD, "data-lake-prod", "policy/etl-read"),
    Example("BP06-06", BAD, "retail-loyalty-prod", "policy/loyalty-secrets"),
    Example("BP06-07", GOOD, "data-lake-dev", "user/julia.meyer"),
    Example("BP06-07", BAD, "sandbox-hackday", "user/hack-team"),
    Example("BP06-07", BAD, "sandbox-training", "user/trainee-template", until=4),
    Example("BP06-07", NOT_APPLICABLE, "harborlight-shop", since=4),
    Example("BP07-01", GOOD, "retail-orders-prod", "role/app/retail-orders-api-task"),
    Example("BP07-01", BAD, "legacy-telemetry", "role/ingest"),
    Example("BP07-01", BAD, "data-lake-prod", "role/lake-bastion"),
    Example("BP07-01", NOT_APPLICABLE, "harborlight-shop", since=4),
    Example("BP07-02", GOOD, "data-lake-dev", "group/developers"),
    Example("BP07-02", BAD, "data-science-dev", "role/science-shell"),
    Example("BP07-02", BAD, "data-science-dev", "group/notebook-users"),
    Example("BP07-03", GOOD, "retail-orders-prod", "role/github-deploy"),
    Example("BP07-03", BAD, "retail-storefront-prod", "role/storefront-thumbnails"),
    Example("BP07-03", NOT_APPLICABLE, "retail-orders-prod", _SUPPORT),
    Example("BP07-04", GOOD, "log-archive"),
    Example("BP07-04", BAD, "harborlight-erp"),
    Example("BP08-01", GOOD, "data-lake-prod", "role/lake-crawler", until=6),
    Example("BP08-01", BAD, "data-lake-prod", "role/lake-janitor"),
    Example("BP09-01", GOOD, "data-lake-dev", "user/julia.meyer"),
    Example("BP09-01", BAD, "data-lake-dev", "user/udo.former"),
    Example("BP09-01", BAD, "retail-orders-dev", "user/deploy-bot"),
    Example("BP09-01", BAD, "retail-orders-dev", "user/orders-importer"),
    Example("BP09-02", GOOD, "retail-storefront-prod", "role/storefront-thumbnails"),
    Example("BP09-02", BAD, "retail-storefront-prod", "role/storefront-v1-migration", until=7),
    Example("BP09-02", BAD, "retail-storefront-prod", "role/storefront-never"),
    Example("BP09-02", NOT_APPLICABLE, "retail-orders-prod", _SUPPORT),
    Example("BP09-03", GOOD, "data-lake-dev", "group/developers"),
    Example("BP09-03", BAD, "retail-storefront-prod", "policy/storefront-old-cdn"),
    Example("BP09-03", BAD, "data-science-dev", "group/notebook-users"),
    Example("BP09-03", BAD, "logistics-routing-dev", "instance-profile/routing-batch"),
    Example("BP09-03", BAD, "logistics-routing-dev", _EKS),
    Example("BP09-03", BAD, "group-management", "permission set DatabaseAdministrator"),
    Example("BP09-03", NOT_APPLICABLE, "harborlight-shop", since=4),
    Example("BP09-05", BAD, "", until=3),
    Example("BP09-05", GOOD, "", since=4),
    Example("BP09-06", GOOD, "retail-loyalty-prod", "server-certificate/loyalty-2026"),
    Example("BP09-06", BAD, "retail-loyalty-prod", "server-certificate/loyalty-2024"),
    Example("BP09-07", GOOD, "retail-storefront-prod", "role/storefront-thumbnails"),
    Example("BP09-07", BAD, "retail-storefront-prod", "role/storefront-mystery"),
    Example("BP09-07", NOT_APPLICABLE, "retail-orders-prod", _SUPPORT),
    Example("BP10-02", GOOD, "retail-orders-prod", "role/app/retail-orders-api-task"),
    Example("BP10-02", BAD, "network-hub", "role/flow-logs-writer"),
    Example("BP10-02", NOT_APPLICABLE, "retail-orders-prod", "role/app/retail-orders-instance"),
    Example("BP10-03", GOOD, "retail-orders-prod", "role/cloudability-reader"),
    Example("BP10-03", BAD, "partner-exchange", "role/datadog-integration"),
    Example("BP10-03", NOT_APPLICABLE, "retail-orders-prod", "role/github-deploy"),
    Example("BP10-04", GOOD, "retail-orders-prod", _ORDERS, until=4),
    Example("BP10-04", BAD, "data-lake-dev", "policy/lake-key-admin"),
    Example("BP10-05", GOOD, "retail-orders-prod", "policy/deploy-application"),
    Example("BP10-05", BAD, "logistics-routing-dev", "policy/routing-conditions"),
    Example("BP11-02", GOOD, "", until=1),
    Example("BP11-02", BAD, "", since=2, until=2),
    Example("BP11-02", GOOD, "", since=3),
    Example("BP11-06", GOOD, "sandbox-hackday", "role/organization-guests"),
    Example("BP11-06", BAD, "sandbox-hackday", "role/open-door"),
    Example("BP11-07", GOOD, "retail-orders-prod", "role/cloudability-reader"),
    Example("BP11-07", BAD, "partner-exchange", "role/partner-sync"),
    Example("BP11-07", BAD, "network-hub", "resource share transit-gateway"),
    Example("BP11-08", BAD, "", until=5),
    Example("BP11-08", GOOD, "", since=6),
    Example("BP12-03", GOOD, "", "SCP deny-root"),
    Example("BP12-03", BAD, "", "SCP staged-hsm-protection"),
    Example("BP13-01", GOOD, "retail-orders-prod"),
    Example("BP13-01", BAD, "legacy-telemetry"),
    Example("BP13-02", GOOD, "retail-orders-prod"),
    Example("BP13-02", BAD, "harborlight-erp"),
    Example("BP13-02", NOT_APPLICABLE, "group-management"),
    Example("BP13-03", GOOD, "retail-orders-prod"),
    Example("BP13-03", BAD, "sandbox-alvarez"),
    Example("BP13-03", NOT_APPLICABLE, "group-management"),
    Example("BP13-04", GOOD, "payments-core-prod", until=4),
    Example("BP13-04", BAD, "sandbox-alvarez"),
    Example("BP13-04", NOT_APPLICABLE, "group-management"),
    Example("BP13-05", GOOD, "payments-core-prod"),
    Example("BP13-05", BAD, "retail-orders-dev"),
    Example("BP13-05", NOT_APPLICABLE, "group-management"),
    Example("BP13-07", GOOD, "", "access-analyzer.amazonaws.com"),
    Example("BP13-07", BAD, "", "cloudtrail.amazonaws.com"),
    Example("BP13-08", GOOD, "", "SCP protect-trails", until=4),
    Example("BP13-08", BAD, "", "SCP protect-trails", since=5, until=5),
    Example("BP13-08", GOOD, "", "SCP protect-trails", since=6),
    Example("BP14-01", GOOD, "retail-orders-prod", "role/github-deploy"),
    Example("BP14-01", BAD, "ci-runners", "role/build-agent"),
    Example("BP14-02", GOOD, "data-lake-dev", "user/lake-bounded"),
    Example("BP14-02", BAD, "data-lake-dev", "role/app/lake-self-service"),
    Example("BP14-03", GOOD, "retail-orders-prod", "role/app/retail-orders-api-task"),
    Example("BP14-03", BAD, "data-lake-dev", "role/app/lake-adhoc"),
    Example("BP14-04", GOOD, "data-lake-dev", "policy/workload-boundary"),
    Example("BP14-04", BAD, "data-lake-dev", "policy/loose-boundary"),
)


def as_table() -> str:
    """The examples as a Markdown table, a row per control."""
    lines = ["| control | good | bad | other |", "|---|---|---|---|"]
    for control in dict.fromkeys(e.control for e in EXAMPLES):
        cells = dict.fromkeys((GOOD, BAD, "other"), "")
        for example in (e for e in EXAMPLES if e.control == control):
            column = example.verdict if example.verdict in (GOOD, BAD) else "other"
            text = example.place if column != "other" else f"{example.verdict}: {example.place}"
            cells[column] = "; ".join(p for p in (cells[column], text) if p)
        lines.append(f"| {control} | {cells[GOOD]} | {cells[BAD]} | {cells['other']} |")
    return "\n".join(lines)
