"""Records of an organization and its accounts: plain data without logic."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Document = dict[str, Any]


@dataclass
class Use:
    """The last use of a role or key."""

    at: datetime
    region: str = "us-east-1"
    service: str = "s3"


@dataclass
class AccessKey:
    id: str
    created: datetime
    active: bool = True
    last_used: Use | None = None


@dataclass
class Password:
    changed: datetime
    last_used: datetime | None = None


@dataclass
class MfaDevice:
    """Virtual (``:mfa/``), FIDO (``:u2f/``) or hardware (a bare serial number)."""

    serial: str
    enabled: datetime | None
    certifications: dict[str, str] = field(default_factory=dict)

    @property
    def is_virtual(self) -> bool:
        return ":mfa/" in self.serial


@dataclass
class SigningCertificate:
    id: str
    uploaded: datetime
    active: bool = True


@dataclass
class SshKey:
    id: str
    uploaded: datetime
    active: bool = True


@dataclass
class ServiceCredential:
    """A password or key for one service: CodeCommit, Keyspaces (cassandra) or Bedrock."""

    id: str
    service: str
    login: str
    created: datetime
    active: bool = True
    expires: datetime | None = None


@dataclass
class Principal:
    """Common to users, groups and roles. ``attached`` holds policy ARNs."""

    name: str
    arn: str
    id: str
    created: datetime
    path: str = "/"
    attached: list[str] = field(default_factory=list)
    inline: dict[str, Document] = field(default_factory=dict)
    boundary: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    accessed: dict[str, datetime] = field(default_factory=dict)


@dataclass
class User(Principal):
    groups: list[str] = field(default_factory=list)
    password: Password | None = None
    keys: list[AccessKey] = field(default_factory=list)
    mfa: list[MfaDevice] = field(default_factory=list)
    certificates: list[SigningCertificate] = field(default_factory=list)
    ssh_keys: list[SshKey] = field(default_factory=list)
    service_credentials: list[ServiceCredential] = field(default_factory=list)


@dataclass
class Group(Principal):
    pass


@dataclass
class Role(Principal):
    trust: Document = field(default_factory=dict)
    description: str = ""
    max_session_seconds: int = 3600
    last_used: Use | None = None


@dataclass
class PolicyVersion:
    id: str
    document: Document
    created: datetime


@dataclass
class Policy:
    """A managed policy; ``versions`` newest first."""

    name: str
    arn: str
    id: str
    created: datetime
    updated: datetime
    default: str
    versions: list[PolicyVersion]
    path: str = "/"
    description: str = ""
    attachable: bool = True
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def document(self) -> Document:
        return next(v.document for v in self.versions if v.id == self.default)


@dataclass
class InstanceProfile:
    name: str
    arn: str
    id: str
    created: datetime
    path: str = "/"
    role: str | None = None


@dataclass
class SamlProvider:
    name: str
    arn: str
    created: datetime
    valid_until: datetime
    entity_id: str


@dataclass
class OidcProvider:
    url: str
    arn: str
    created: datetime
    clients: list[str]
    thumbprints: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class ServerCertificate:
    name: str
    arn: str
    id: str
    uploaded: datetime
    expires: datetime
    path: str = "/"


@dataclass
class Root:
    """The root user's credentials; all empty where root access is centralized."""

    password: Password | None = None
    mfa: MfaDevice | None = None
    keys: list[AccessKey] = field(default_factory=list)
    certificates: list[SigningCertificate] = field(default_factory=list)
    last_used: datetime | None = None


@dataclass
class Contact:
    name: str
    title: str
    email: str
    phone: str


@dataclass
class Analyzer:
    """An Access Analyzer analyzer; ``kind`` is its API type, ``findings`` as the API gives them."""

    name: str
    arn: str
    kind: str
    region: str
    created: datetime
    status: str = "ACTIVE"
    status_reason: str | None = None
    analyzed: datetime | None = None
    configuration: dict[str, Any] | None = None
    tags: dict[str, str] = field(default_factory=dict)
    findings: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class PolicyGeneration:
    id: str
    principal_arn: str
    status: str
    started: datetime
    completed: datetime | None = None
    policies: list[Document] = field(default_factory=list)


@dataclass
class ResourceShare:
    """A RAM share owned by the account."""

    name: str
    arn: str
    created: datetime
    allows_external: bool
    principals: list[str] = field(default_factory=list)


@dataclass
class Account:
    """One account: its place in the organization and its IAM resources."""

    id: str
    name: str
    email: str
    parent: str
    joined: datetime
    state: str = "ACTIVE"
    joined_method: str = "CREATED"
    tags: dict[str, str] = field(default_factory=dict)
    alias: str | None = None
    root: Root = field(default_factory=Root)
    users: dict[str, User] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    # AWS managed policies that only an old dump still knows, by ARN.
    aws_policies: dict[str, Policy] = field(default_factory=dict)
    instance_profiles: dict[str, InstanceProfile] = field(default_factory=dict)
    saml_providers: dict[str, SamlProvider] = field(default_factory=dict)
    oidc_providers: dict[str, OidcProvider] = field(default_factory=dict)
    server_certificates: dict[str, ServerCertificate] = field(default_factory=dict)
    unassigned_mfa: list[MfaDevice] = field(default_factory=list)
    password_policy: dict[str, Any] | None = None
    contacts: dict[str, Contact] = field(default_factory=dict)
    analyzers: dict[str, Analyzer] = field(default_factory=dict)
    generations: list[PolicyGeneration] = field(default_factory=list)
    shares: list[ResourceShare] = field(default_factory=list)
    jwt_vending: bool = False

    def attachments(self, arn: str) -> int:
        """How many users, groups and roles a managed policy is attached to."""
        return sum(arn in p.attached for p in self.principals())

    def boundary_uses(self, arn: str) -> int:
        return sum(arn == p.boundary for p in self.principals())

    def principals(self) -> list[Principal]:
        return [*self.users.values(), *self.groups.values(), *self.roles.values()]
