"""The IAM policy language: parse, match, evaluate; what principals can do; who can become administrator. Pure
functions, no AWS calls.

The five calls used most:

    >>> from pipeline.policy import Policy, Policies, Principal, Request, can, escalations, evaluate, is_admin, parse
    >>> read_all = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}
    >>> parse(read_all).statements[0].actions                               # a document, or MalformedPolicy
    ('s3:Get*',)
    >>> anna = Principal("arn:aws:iam::210987000111:user/anna", (Policy.read("read-all", read_all),))
    >>> can(anna, "s3:GetObject", "arn:aws:s3:::reports/x", account=anna.account).verdict  # the request still open
    <Verdict.ALLOWED: 'Allowed'>
    >>> is_admin(anna).verdict
    <Tri.NO: 0>
    >>> escalations(anna).paths
    ()
    >>> request = Request.of(anna.arn, "s3:PutObject", "arn:aws:s3:::reports/x", {"aws:SourceIp": "203.0.113.9"})
    >>> evaluate(request, Policies(identity=anna.policies)).reason          # one request, everything about it known
    'needs an Allow in the identity policies'

Verdicts are three-valued: `Depends` names the condition keys that it depends on (`Decision.unknown_keys`).
"""

from pipeline.policy.account import Account, Role, trusts_service
from pipeline.policy.boundary_facts import BoundaryFacts, boundary_facts
from pipeline.policy.callers import Caller, caller
from pipeline.policy.context import Context
from pipeline.policy.document import Document, Statement, parse
from pipeline.policy.escalation import Escalation, Escalations, escalations
from pipeline.policy.escalation_grants import may_assume
from pipeline.policy.escalation_paths import paths
from pipeline.policy.evaluate import evaluate
from pipeline.policy.exposure import Access, entrants, outside_access, public
from pipeline.policy.facts import Fact, document_facts
from pipeline.policy.grammar import MalformedPolicy
from pipeline.policy.guards import Site
from pipeline.policy.lint import Flaw, flaws
from pipeline.policy.managed import aws_managed_policy, is_aws_managed
from pipeline.policy.objectives import (
    ObjectiveResult,
    in_force,
    judge_objective,
    objectives,
    rcp_services_denied,
    restricts,
)
from pipeline.policy.principal import Principal, can
from pipeline.policy.reach import Reach, reach
from pipeline.policy.reach_graph import Hop
from pipeline.policy.request import Decision, Evidence, Policies, Policy, Request, Verdict
from pipeline.policy.rights import Admin, Admins, allows, effective_actions, is_admin
from pipeline.policy.strangers import Organization
from pipeline.policy.tri import Tri
from pipeline.policy.trust import TrustFact, outsiders, trust_facts

__all__ = [
    "Access",
    "Account",
    "Admin",
    "Admins",
    "BoundaryFacts",
    "Caller",
    "Context",
    "Decision",
    "Document",
    "Escalation",
    "Escalations",
    "Evidence",
    "Fact",
    "Flaw",
    "Hop",
    "MalformedPolicy",
    "ObjectiveResult",
    "Organization",
    "Policies",
    "Policy",
    "Principal",
    "Reach",
    "Request",
    "Role",
    "Site",
    "Statement",
    "Tri",
    "TrustFact",
    "Verdict",
    "allows",
    "aws_managed_policy",
    "boundary_facts",
    "caller",
    "can",
    "document_facts",
    "effective_actions",
    "entrants",
    "escalations",
    "evaluate",
    "flaws",
    "in_force",
    "is_admin",
    "is_aws_managed",
    "judge_objective",
    "may_assume",
    "objectives",
    "outside_access",
    "outsiders",
    "parse",
    "paths",
    "public",
    "rcp_services_denied",
    "reach",
    "restricts",
    "trust_facts",
    "trusts_service",
]
