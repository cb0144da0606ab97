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
        "When someone leaves, one switch in the identity provider closes every account. Passwords in individual "
        "accounts are forgotten.",
    ),
    (
        "bp-workloads-use-roles",
        "Software should get its credentials from a role: through the compute service it runs on, or, outside "
        "AWS, through a signed token or a certificate. Trust in such tokens must name exactly who may use them.",
        "A key in a configuration file works for anyone who reads the file, for as long as nobody notices.",
    ),
    (
        "enable-mfa-for-privileged-users",
        "Wherever an IAM user or the root user still signs in, a second factor must be required; a passkey or a "
        "security key resists phishing, a typed code does not.",
        "A password alone is guessed, reused or phished. The second factor is what stands between that and the "
        "account.",
    ),
    (
        "update-access-keys",
        "Access keys should be rare. The remaining ones need a known use, an owner and an expiry date, and must be "
        "rotated on time, or immediately when someone who knew them leaves.",
        "A key does not expire by itself. The older it is, the more copies exist.",
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
        "AWS widens its policies when services grow. Access then grows without anyone deciding so.",
    ),
    (
        "bp-gen-least-privilege-policies",
        "Access Analyzer can generate a policy from the activity of a role recorded in CloudTrail. Use it "
        "for roles with more permissions than they use, and test the result before replacing the old policy.",
        "Narrowing a policy by guesswork breaks things, so it is put off. A policy made from activity is safe to "
        "start from.",
    ),
    (
        "remove-credentials",
        "Users, roles, permissions, policies and credentials that nobody uses should go. Last used and "
        "last accessed information shows which ones, and an owner decides.",
        "What is not used is not missed when it is abused.",
    ),
    (
        "use-policy-conditions",
        "Conditions limit a permission to certain circumstances: only over encrypted connections, only through a "
        "certain service, only with a certain external ID. Trust in third parties needs them most.",
        "A condition turns 'anyone holding this name' into 'this caller, in this situation'.",
    ),
    (
        "bp-preview-access",
        "Know which resources and roles can be accessed from outside the account or publicly, have Access "
        "Analyzer monitor this everywhere, and decide each case.",
        "Public and cross-account access is often opened for a test. Only a permanent analyzer notices that it stayed.",
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
        "and the roles it limits must not be able to remove it.",
        "Anyone who may create roles without a boundary may create an administrator.",
    ),
)

TEXTS: Mapping[int, Practice] = {n: Practice(n, *text) for n, text in enumerate(_TEXTS, start=1)}
