"""The resources that give machines outside AWS access; each function adds one to an estate, deterministically."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from demo.organization.estate import HOME, Estate, Thing
from demo.organization.identity_center import uuid
from demo.organization.scene import Scene

EXPIRIES = ("CA_CERTIFICATE_EXPIRY", "END_ENTITY_CERTIFICATE_EXPIRY")


def anchor_arn(scene: Scene, account_id: str, name: str) -> str:
    return f"arn:aws:rolesanywhere:{HOME}:{account_id}:trust-anchor/{uuid(scene, f'anchor|{account_id}|{name}')}"


def certificate(scene: Scene, name: str, expires: datetime) -> str:
    """A CA certificate in PEM, deterministic for its name and expiry."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    secret = int.from_bytes(hashlib.sha256(f"{scene.seed}|ca|{name}".encode()).digest()) >> 8
    key = ec.derive_private_key(secret, ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    text = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(scene.number(f"serial|{name}", 2**62) + 1)
        .not_valid_before(expires - timedelta(days=1826))
        .not_valid_after(expires)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    )
    return text.public_bytes(serialization.Encoding.PEM).decode()


def add_anchor(estate: Estate, name: str, source: Thing, *, crl: bool = False, **more: Any) -> None:
    """A trust anchor, with a revocation list where ``crl`` says so."""
    scene = estate.scene
    arn = anchor_arn(scene, estate.account.id, name)
    created = scene.ago(200, arn)
    anchor = {
        "trustAnchorId": arn.rsplit("/", 1)[-1],
        "trustAnchorArn": arn,
        "name": name,
        "enabled": True,
        "source": source,
        "createdAt": created,
        "updatedAt": created,
        "notificationSettings": [{"enabled": True, "event": e, "threshold": 45, "channel": "ALL"} for e in EXPIRIES],
    }
    estate.add("trust anchors", anchor | more)
    if crl:
        mark = uuid(scene, f"crl|{arn}")
        crl_arn = estate.arn("rolesanywhere", f"crl/{mark}")
        row = {"crlId": mark, "crlArn": crl_arn, "name": f"{name}-crl", "enabled": True, "trustAnchorArn": arn}
        estate.add("crls", row | {"crlData": b"...", "createdAt": created, "updatedAt": created})


def add_profile(estate: Estate, name: str, role: str, seconds: int = 3600, **more: Any) -> None:
    mark = uuid(estate.scene, estate.key("profile", name))
    profile = {
        "profileId": mark,
        "profileArn": estate.arn("rolesanywhere", f"profile/{mark}"),
        "name": name,
        "enabled": True,
        "requireInstanceProperties": False,
        "durationSeconds": seconds,
        "roleArns": [estate.account.roles[role].arn],
        "createdAt": estate.scene.ago(190, mark),
        "updatedAt": estate.scene.ago(190, mark),
    }
    estate.add("profiles", profile | more)


def add_alias(estate: Estate, name: str, role: str, seconds: int) -> None:
    alias = {
        "roleAlias": name,
        "roleAliasArn": estate.arn("iot", f"rolealias/{name}"),
        "roleArn": estate.account.roles[role].arn,
        "owner": estate.account.id,
        "credentialDurationSeconds": seconds,
        "creationDate": estate.scene.ago(210, name),
        "lastModifiedDate": estate.scene.ago(210, name),
    }
    estate.add("role aliases", alias)


def add_activation(estate: Estate, role: str, *, created_days_ago: int, ends_in: int, limit: int, count: int) -> str:
    """A hybrid activation, with creation and expiry in days before and after the first night. Returns its id."""
    mark = uuid(estate.scene, estate.key("activation", role))
    expires = estate.scene.ago(-ends_in, mark)
    activation = {
        "ActivationId": mark,
        "IamRole": role,
        "RegistrationLimit": limit,
        "RegistrationsCount": count,
        "ExpirationDate": expires,
        "Expired": expires < estate.scene.now,
        "CreatedDate": estate.scene.ago(created_days_ago, mark),
    }
    estate.add("activations", activation)
    return mark


def add_machine(estate: Estate, name: str, activation: str, role: str, silent_days: int | None = None) -> str:
    """A machine managed by SSM that pings daily, or last did so some days before the first night. Returns its id."""
    instance_id = f"mi-{estate.hex(17, 'machine', name)}"
    scene = estate.scene
    machine = {
        "InstanceId": instance_id,
        "PingStatus": "Online" if silent_days is None else "ConnectionLost",
        "LastPingDateTime": scene.lately(instance_id) if silent_days is None else scene.ago(silent_days, instance_id),
        "AgentVersion": "3.3.2299.0",
        "PlatformType": "Linux",
        "ActivationId": activation,
        "IamRole": role,
        "RegistrationDate": scene.ago(150, instance_id),
        "ResourceType": "ManagedInstance",
        "ComputerName": f"{name}.halden.example",
    }
    estate.add("managed instances", machine)
    return instance_id


def add_host(estate: Estate, cluster: Thing, instance_id: str, is_connected: bool = True) -> None:
    mark = estate.hex(30, "host", instance_id)
    host = {
        "containerInstanceArn": estate.arn("ecs", f"container-instance/{cluster['clusterName']}/{mark}"),
        "clusterArn": cluster["clusterArn"],
        "ec2InstanceId": instance_id,
        "agentConnected": is_connected,
        "status": "ACTIVE",
        "registeredAt": estate.scene.ago(140, instance_id),
    }
    estate.add("container instances", host)
    cluster["registeredContainerInstancesCount"] += 1


def add_access_entry(estate: Estate, cluster: str, principal_arn: str, kind: str) -> None:
    entry = {"clusterName": cluster, "principalArn": principal_arn, "type": kind}
    estate.add("access entries", entry)


def keyspace(estate: Estate, name: str, region: str = HOME) -> Thing:
    arn = estate.arn("cassandra", f"/keyspace/{name}/", region)
    return {"keyspaceName": name, "resourceArn": arn, "replicationStrategy": "SINGLE_REGION"}
