"""ACM Private CA: the certificate authorities that an account of the organization shares with the others."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError
from demo.emulator.estate_answers import estate_of


def describe_certificate_authority(call: Call) -> dict[str, Any]:
    arn = call.need("CertificateAuthorityArn")
    owner = call.organization.accounts.get(arn.split(":")[4])
    for authority in estate_of(call, owner).of("private cas", call.region) if owner else []:
        if authority["Arn"] == arn:
            return {"CertificateAuthority": authority}
    raise ApiError("ResourceNotFoundException", f"Could not find Certificate Authority {arn}")
