"""AWS's fourteen IAM best practices: what each requires, in our own words, with a link to AWS's text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.warehouse.headers import PRACTICES

GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"


@dataclass(frozen=True)
class Practice:
    """One best practice. `anchor` is its section on AWS's page; `asks` and `matters` are short paragraphs."""

    number: int
    anchor: str
    asks: str
    matters: str

    @property
    def title(self) -> str:
        return PRACTICES[self.number]

    @property
    def link(self) -> str:
        return f"{GUIDE}#{self.anchor}"

    @property
    def page(self) -> str:
        return f"practices/{self.number:02d}.html"


_TEXTS = (
    (
        "bp-users-federation-idp",
        "People should sign in through an identity provider, best of all IAM Identity Center, and work with "
        "credentials that expire by themselves. An IAM user with a password should be the rare, registered "
        "exception.",
        "When someone leaves, one switch in the identity provider closes every account. Passwords kept in single "
        "accounts are missed.",
    ),
    (
        "bp-workloads-use-roles",
        "Software should get its credentials from a role: through the compute service it runs on, or, outside "
        "AWS, through a signed token or a certificate. Trust in such tokens must name exactly who may use them.",
        "A key written into a configuration file works for whoever reads that file, for as long as nobody notices.",
    ),
    (
        "enable-mfa-for-privileged-users",
        "Wherever an IAM user or the root user still signs in, a second factor must be needed; a passkey or a "
        "security key resists phishing, a code typed by hand does not.",
        "A password alone is guessed, reused or phished. The second factor is what stands between that and the "
        "account.",
    ),
    (
        "update-access-keys",
        "Access keys should be rare. Those that remain need a known use, an owner and an end, must be replaced on "
        "time, and at once when whoever knew them leaves.",
        "A key has no expiry of its own. The older it is, the more places hold a copy.",
    ),
    (
        "lock-away-credentials",
        "Keep the root user out of daily work: no keys, a second factor, a contact who hears of trouble, and in "
        "member accounts best no root credentials at all.",
        "Nothing inside an account limits its root user. Only organization policies do, and they do not bind the "
        "management account.",
    ),
    (
        "grant-least-privilege",
        "Policies should allow the actions a task needs, on the resources it needs, and no more. Administrator "
        "rights, service-wide wildcards and ways to raise one's own rights should be few and known.",
        "The permissions of a stolen credential are the size of the incident.",
    ),
    (
        "bp-use-aws-defined-policies",
        "Policies written by AWS are a good start, but they fit every customer and therefore fit nobody closely. "
        "Replace them with your own as soon as it is clear what is needed.",
        "AWS widens its policies when services grow. Access then grows without anyone having decided it.",
    ),
    (
        "bp-gen-least-privilege-policies",
        "Access Analyzer can write a policy from what a role has really done, as recorded in CloudTrail. Use it "
        "on roles that hold more than they use, and test the result before it replaces the old policy.",
        "Narrowing a policy by guesswork breaks things, so it is put off. A policy made from activity is safe to "
        "start from.",
    ),
    (
        "remove-credentials",
        "Users, roles, permissions, policies and credentials that nobody uses should go. Last-used and last- "
        "accessed information says which, and an owner says whether.",
        "What is not used is not missed when it is abused.",
    ),
    (
        "use-policy-conditions",
        "Conditions say under which circumstances a permission holds: encrypted connections only, only through a "
        "certain service, only for a certain outside id. Trust given to others needs them most.",
        "A condition turns 'anyone holding this name' into 'this caller, in this situation'.",
    ),
    (
        "bp-preview-access",
        "Know which resources and roles can be reached from outside the account or by anybody, let Access "
        "Analyzer watch for it everywhere, and decide about each case.",
        "Public and cross-account access is often opened for a test. Only a standing analyzer notices that it stayed.",
    ),
    (
        "best-practice-policy-validation",
        "Have Access Analyzer check policies while they are written and after they are in place: for errors, for "
        "security warnings, and for statements that do nothing.",
        "A policy with a mistake does not fail loudly. It allows more, or protects less, than its author believes.",
    ),
    (
        "bp-permissions-guardrails",
        "Run many accounts under one organization, and use service control policies and resource control policies "
        "to set limits that hold in every account, whatever its own administrators allow.",
        "A guardrail covers accounts and principals that do not exist yet.",
    ),
    (
        "bp-permissions-boundaries",
        "Where teams may create their own roles, a permissions boundary must cap what those roles can be given, "
        "and must not be removable by those whom it binds.",
        "Whoever may create roles without a boundary may create an administrator.",
    ),
)

TEXTS: Mapping[int, Practice] = {n: Practice(n, *text) for n, text in enumerate(_TEXTS, start=1)}
