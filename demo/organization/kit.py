"""The toolkit for filling an account: each method adds one resource, with deterministic dates and ids."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from demo.organization.aws_policies import aws_arn
from demo.organization.documents import service_trust
from demo.organization.model import (
    AccessKey,
    Account,
    Document,
    Group,
    InstanceProfile,
    MfaDevice,
    OidcProvider,
    Password,
    Policy,
    PolicyVersion,
    Role,
    Root,
    SamlProvider,
    ServerCertificate,
    ServiceCredential,
    SigningCertificate,
    SshKey,
    Use,
    User,
)
from demo.organization.model_organization import Organization
from demo.organization.scene import Scene

VIRTUAL, FIDO, HARDWARE = "virtual", "fido", "hardware"


@dataclass
class Kit:
    """One account being filled."""

    scene: Scene
    org: Organization
    account: Account

    def arn(self, kind: str, path_and_name: str) -> str:
        return f"arn:aws:iam::{self.account.id}:{kind}/{path_and_name}"

    def key(self, *parts: object) -> str:
        """A hash key of this account."""
        return "|".join([self.account.name, *map(str, parts)])

    def policy_arn(self, name: str) -> str:
        """A policy of this account if it has one of that name, else AWS's."""
        policy = self.account.policies.get(name)
        return policy.arn if policy else aws_arn(name)

    def policy_arns(self, names: Iterable[str]) -> list[str]:
        return [n if n.startswith("arn:") else self.policy_arn(n) for n in names]

    def user(
        self,
        name: str,
        *,
        days: int = 420,
        groups: Iterable[str] = (),
        attached: Iterable[str] = (),
        path: str = "/",
        tags: dict[str, str] | None = None,
    ) -> User:
        user = User(
            name=name,
            arn=self.arn("user", path[1:] + name),
            id=self.scene.iam_id("AIDA", self.key("user", name)),
            created=self.scene.ago(days, self.key("user", name)),
            path=path,
            attached=self.policy_arns(attached),
            groups=list(groups),
            tags=dict(tags or {}),
        )
        self.account.users[name] = user
        return user

    def password(self, user: User, *, changed: int, every: int | None = 3, last: int | None = None) -> None:
        """A console password: used every few days, last used a number of days ago, or never."""
        key = self.key("password", user.name)
        used = self.scene.lately(key, every) if every else self.scene.ago(last, key) if last is not None else None
        user.password = Password(self.scene.ago(changed, key), used)

    def access_key(
        self,
        user: User,
        *,
        days: int,
        every: int | None = 1,
        last: int | None = None,
        service: str = "s3",
        active: bool = True,
    ) -> AccessKey:
        """An access key of a given age: used every few days, last used a number of days ago, or never."""
        mark = self.key("key", user.name, len(user.keys), days)
        used = self.scene.lately(mark, every) if every else self.scene.ago(last, mark) if last is not None else None
        key = AccessKey(
            id=self.scene.iam_id("AKIA", mark)[:20],
            created=self.scene.ago(days, mark),
            active=active,
            last_used=Use(used, service=service) if used else None,
        )
        user.keys.append(key)
        return key

    def mfa(self, user: User, kind: str, *, days: int = 200) -> MfaDevice:
        device = self._device(kind, user.name, days)
        user.mfa.append(device)
        return device

    def _device(self, kind: str, owner: str, days: int) -> MfaDevice:
        key = self.key("mfa", kind, owner)
        enabled = self.scene.ago(days, key)
        if kind == VIRTUAL:
            return MfaDevice(self.arn("mfa", owner), enabled)
        if kind == FIDO:
            serial = self.arn("u2f/user", f"{owner}/key-{self.scene.token(key, 26)}")
            return MfaDevice(serial, enabled, {"FIDO-FIPS-140-2": "L2", "FIDO": "L1"})
        return MfaDevice(f"GAHT{self.scene.number(key, 10**8):08d}", enabled)

    def ssh_key(self, user: User, *, days: int, active: bool = True) -> None:
        key = self.key("ssh", user.name, days)
        user.ssh_keys.append(SshKey(self.scene.iam_id("APKA", key), self.scene.ago(days, key), active))

    def certificate(self, user: User, *, days: int, active: bool = True) -> None:
        key = self.key("certificate", user.name, days)
        mark = self.scene.token(key, 32)
        user.certificates.append(SigningCertificate(mark, self.scene.ago(days, key), active))

    def service_credential(
        self, user: User, service: str, *, days: int, expires_in: int | None = None, active: bool = True
    ) -> None:
        key = self.key("credential", user.name, service, days)
        expires = self.scene.ago(-expires_in, key) if expires_in is not None else None
        credential = ServiceCredential(
            id=self.scene.iam_id("ACCA", key),
            service=f"{service}.amazonaws.com",
            login=f"{user.name}-at-{self.account.id}",
            created=self.scene.ago(days, key),
            active=active,
            expires=expires,
        )
        user.service_credentials.append(credential)

    def group(self, name: str, *, attached: Iterable[str] = (), days: int = 700) -> Group:
        key = self.key("group", name)
        group = Group(name, self.arn("group", name), self.scene.iam_id("AGPA", key), self.scene.ago(days, key))
        group.attached = self.policy_arns(attached)
        self.account.groups[name] = group
        return group

    def role(
        self,
        name: str,
        trust: Document,
        *,
        attached: Iterable[str] = (),
        path: str = "/",
        days: int = 300,
        every: int | None = 1,
        last: int | None = None,
        boundary: str | None = None,
        tags: dict[str, str] | None = None,
        hours: int = 1,
        description: str = "",
    ) -> Role:
        """A role: used every few days, last used a number of days ago, or never; sessions last up to ``hours``."""
        key = self.key("role", name)
        used = self.scene.lately(key, every) if every else self.scene.ago(last, key) if last is not None else None
        role = Role(
            name=name,
            arn=self.arn("role", path[1:] + name),
            id=self.scene.iam_id("AROA", key),
            created=self.scene.ago(days, key),
            path=path,
            attached=self.policy_arns(attached),
            boundary=self.policy_arn(boundary) if boundary else None,
            tags=dict(tags or {}),
            trust=trust,
            description=description,
            max_session_seconds=hours * 3600,
            last_used=Use(used) if used else None,
        )
        self.account.roles[name] = role
        return role

    def service_linked_role(self, name: str, service: str, attached: Iterable[str] = (), days: int = 480) -> Role:
        path = f"/aws-service-role/{service}.amazonaws.com/"
        return self.role(name, service_trust(service), path=path, attached=attached, days=days)

    def policy(
        self,
        name: str,
        *documents: Document,
        days: int = 280,
        path: str = "/",
        description: str = "",
        tags: dict[str, str] | None = None,
    ) -> Policy:
        """A customer managed policy; documents oldest first, the last is the default version."""
        key = self.key("policy", name)
        created = self.scene.ago(days, key)
        versions = [
            PolicyVersion(f"v{i}", doc, created + timedelta(days=7 * (i - 1))) for i, doc in enumerate(documents, 1)
        ]
        policy = Policy(
            name=name,
            arn=self.arn("policy", path[1:] + name),
            id=self.scene.iam_id("ANPA", key),
            created=created,
            updated=versions[-1].created,
            default=versions[-1].id,
            versions=versions[::-1],
            path=path,
            description=description,
            tags=dict(tags or {}),
        )
        self.account.policies[name] = policy
        return policy

    def instance_profile(self, name: str, role: str | None, *, days: int = 300) -> None:
        key = self.key("profile", name)
        profile = InstanceProfile(
            name=name,
            arn=self.arn("instance-profile", name),
            id=self.scene.iam_id("AIPA", key),
            created=self.scene.ago(days, key),
            role=role,
        )
        self.account.instance_profiles[name] = profile

    def saml_provider(self, name: str, *, days: int = 400, valid_days: int = 900) -> SamlProvider:
        key = self.key("saml", name)
        provider = SamlProvider(
            name=name,
            arn=self.arn("saml-provider", name),
            created=self.scene.ago(days, key),
            valid_until=self.scene.ago(-valid_days, key),
            entity_id=f"https://{name.lower().replace('_', '-')}.halden.example/metadata",
        )
        self.account.saml_providers[name] = provider
        return provider

    def oidc_provider(
        self, url: str, clients: Iterable[str] = ("sts.amazonaws.com",), *, days: int = 350
    ) -> OidcProvider:
        key = self.key("oidc", url)
        provider = OidcProvider(
            url=url,
            arn=self.arn("oidc-provider", url),
            created=self.scene.ago(days, key),
            clients=list(clients),
            thumbprints=[hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()],
        )
        self.account.oidc_providers[url] = provider
        return provider

    def server_certificate(self, name: str, *, days: int, valid_days: int) -> None:
        """A server certificate that expires ``valid_days`` after the first night (negative: before it)."""
        key = self.key("server-certificate", name)
        certificate = ServerCertificate(
            name=name,
            arn=self.arn("server-certificate", name),
            id=self.scene.iam_id("ASCA", key),
            uploaded=self.scene.ago(days, key),
            expires=self.scene.ago(-valid_days, key),
        )
        self.account.server_certificates[name] = certificate

    def root(
        self, *, password: bool = True, mfa: str | None = HARDWARE, last: int | None = None, keys: int = 0
    ) -> Root:
        """The root user's credentials; without password and keys, root access is centralized."""
        root = Root()
        key = self.key("root")
        if password:
            root.password = Password(self.account.joined)
            root.last_used = self.scene.ago(last, key) if last is not None else None
        if mfa == VIRTUAL:
            root.mfa = MfaDevice(self.arn("mfa", "root-account-mfa-device"), self.scene.ago(350, key))
        elif mfa:
            root.mfa = self._device(mfa, "root", 350)
        for n in range(keys):
            created = self.scene.ago(900 + n, key)
            root.keys.append(AccessKey(self.scene.iam_id("AKIA", f"{key}|{n}")[:20], created))
        self.account.root = root
        return root
