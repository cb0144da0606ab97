"""IAM: access keys, MFA devices, SSH keys, signing certificates and service-specific credentials."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError, no_such_entity
from demo.emulator.extensions.iam import find_user, paged, tags
from demo.organization.model import MfaDevice, ServiceCredential, User


def list_access_keys(call: Call) -> dict[str, Any]:
    user = find_user(call)
    rows = [
        {"UserName": user.name, "AccessKeyId": k.id, "Status": _status(k.active), "CreateDate": k.created}
        for k in user.keys
    ]
    return paged(call, "AccessKeyMetadata", rows)


def get_access_key_last_used(call: Call) -> dict[str, Any]:
    key_id = call.need("AccessKeyId")
    for user in call.account.users.values():
        for key in user.keys:
            if key.id == key_id:
                used = key.last_used
                last_used = (
                    {"LastUsedDate": used.at, "ServiceName": used.service, "Region": used.region} if used else {}
                )
                return {"UserName": user.name, "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"} | last_used}
    raise ApiError(
        "AccessDenied", f"User: {call.session.arn} is not authorized to perform: iam:GetAccessKeyLastUsed", 403
    )


def get_login_profile(call: Call) -> dict[str, Any]:
    user = find_user(call)
    if user.password is None:
        raise no_such_entity(f"Login Profile for User {user.name} cannot be found.")
    profile = {"UserName": user.name, "CreateDate": user.password.changed, "PasswordResetRequired": False}
    return {"LoginProfile": profile}


def list_mfa_devices(call: Call) -> dict[str, Any]:
    """Of one user; without a name, AWS lists the caller's own, and a role session has none."""
    if call.get("UserName") is None:
        raise ApiError("ValidationError", "Must specify userName when calling with non-User credentials")
    user = find_user(call)
    rows = [{"UserName": user.name, "SerialNumber": d.serial, "EnableDate": d.enabled} for d in user.mfa]
    return paged(call, "MFADevices", rows)


def get_mfa_device(call: Call) -> dict[str, Any]:
    serial = call.need("SerialNumber")
    for user in call.account.users.values():
        for device in user.mfa:
            if device.serial == serial:
                certifications = {"Certifications": device.certifications} if device.certifications else {}
                return {"UserName": user.name, "SerialNumber": serial, "EnableDate": device.enabled} | certifications
    raise no_such_entity(f"MFA Device with serial number {serial} does not exist.")


def list_virtual_mfa_devices(call: Call) -> dict[str, Any]:
    """Assigned ones name their user; root's user is the account itself."""
    account, status = call.account, call.get("AssignmentStatus", "Any")
    rows: list[dict[str, Any]] = []
    if status != "Unassigned":
        if account.root.mfa and account.root.mfa.is_virtual:
            rows.append(_virtual(account.root.mfa) | {"User": _root_user(call)})
        for user in account.users.values():
            rows += [_virtual(d) | {"User": _user(user)} for d in user.mfa if d.is_virtual]
    if status != "Assigned":
        rows += [_virtual(d) for d in account.unassigned_mfa]
    return paged(call, "VirtualMFADevices", rows)


def _virtual(device: MfaDevice) -> dict[str, Any]:
    return {"SerialNumber": device.serial} | ({"EnableDate": device.enabled} if device.enabled else {})


def _user(user: User) -> dict[str, Any]:
    """A user as ListVirtualMFADevices gives it; only GetUser and ListUsers say when the password was last used."""
    row = {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": user.arn,
        "CreateDate": user.created,
    }
    return row | ({"Tags": tags(user)} if user.tags else {})


def _root_user(call: Call) -> dict[str, Any]:
    account = call.account
    return {"UserId": account.id, "Arn": f"arn:aws:iam::{account.id}:root", "CreateDate": account.joined}


def list_ssh_public_keys(call: Call) -> dict[str, Any]:
    user = find_user(call)
    rows = [
        {"UserName": user.name, "SSHPublicKeyId": k.id, "Status": _status(k.active), "UploadDate": k.uploaded}
        for k in user.ssh_keys
    ]
    return paged(call, "SSHPublicKeys", rows)


def list_signing_certificates(call: Call) -> dict[str, Any]:
    user = find_user(call)
    rows = [
        {
            "UserName": user.name,
            "CertificateId": c.id,
            "CertificateBody": "-----BEGIN CERTIFICATE-----\nMIIBdemo\n-----END CERTIFICATE-----",
            "Status": _status(c.active),
            "UploadDate": c.uploaded,
        }
        for c in user.certificates
    ]
    return paged(call, "Certificates", rows)


def list_service_specific_credentials(call: Call) -> dict[str, Any]:
    """Of one user, or of all with AllUsers; filtered by service where one is named."""
    users = list(call.account.users.values()) if call.get("AllUsers") else [find_user(call)]
    service = call.get("ServiceName")
    rows = [_credential(u, c) for u in users for c in u.service_credentials if service in (None, c.service)]
    return paged(call, "ServiceSpecificCredentials", rows)


def _credential(user: User, credential: ServiceCredential) -> dict[str, Any]:
    # Bedrock's keys have an alias, the others a user name.
    login = "ServiceCredentialAlias" if credential.service.startswith("bedrock") else "ServiceUserName"
    row = {
        "UserName": user.name,
        "Status": _status(credential.active),
        login: credential.login,
        "CreateDate": credential.created,
        "ServiceSpecificCredentialId": credential.id,
        "ServiceName": credential.service,
    }
    return row | ({"ExpirationDate": credential.expires} if credential.expires else {})


def _status(active: bool) -> str:
    return "Active" if active else "Inactive"
