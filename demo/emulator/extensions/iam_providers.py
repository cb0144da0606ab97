"""IAM: identity providers, instance profiles and server certificates."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import no_such_entity
from demo.emulator.extensions.iam import find_role, paged, profile_row, profiles_of
from demo.organization.model import ServerCertificate


def list_saml_providers(call: Call) -> dict[str, Any]:
    rows = [
        {"Arn": p.arn, "ValidUntil": p.valid_until, "CreateDate": p.created}
        for p in call.account.saml_providers.values()
    ]
    return {"SAMLProviderList": rows}


def get_saml_provider(call: Call) -> dict[str, Any]:
    arn = call.need("SAMLProviderArn")
    for provider in call.account.saml_providers.values():
        if provider.arn == arn:
            metadata = (
                '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" '
                f'entityID="{provider.entity_id}"></EntityDescriptor>'
            )
            return {
                "SAMLMetadataDocument": metadata,
                "CreateDate": provider.created,
                "ValidUntil": provider.valid_until,
                "AssertionEncryptionMode": "Allowed",
            }
    raise no_such_entity(f"Manifest not found for arn {arn}")


def list_open_id_connect_providers(call: Call) -> dict[str, Any]:
    return {"OpenIDConnectProviderList": [{"Arn": p.arn} for p in call.account.oidc_providers.values()]}


def get_open_id_connect_provider(call: Call) -> dict[str, Any]:
    arn = call.need("OpenIDConnectProviderArn")
    for provider in call.account.oidc_providers.values():
        if provider.arn == arn:
            return {
                "Url": provider.url,
                "ClientIDList": provider.clients,
                "ThumbprintList": provider.thumbprints,
                "CreateDate": provider.created,
                "Tags": [{"Key": k, "Value": v} for k, v in provider.tags.items()],
            }
    raise no_such_entity(f"OpenIDConnect Provider not found for arn {arn}")


def list_instance_profiles(call: Call) -> dict[str, Any]:
    account = call.account
    return paged(call, "InstanceProfiles", [profile_row(account, name) for name in account.instance_profiles])


def list_instance_profiles_for_role(call: Call) -> dict[str, Any]:
    return paged(call, "InstanceProfiles", profiles_of(call.account, find_role(call)))


def list_server_certificates(call: Call) -> dict[str, Any]:
    rows = [_metadata(c) for c in call.account.server_certificates.values()]
    return paged(call, "ServerCertificateMetadataList", rows)


def _metadata(certificate: ServerCertificate) -> dict[str, Any]:
    return {
        "Path": certificate.path,
        "ServerCertificateName": certificate.name,
        "ServerCertificateId": certificate.id,
        "Arn": certificate.arn,
        "UploadDate": certificate.uploaded,
        "Expiration": certificate.expires,
    }
