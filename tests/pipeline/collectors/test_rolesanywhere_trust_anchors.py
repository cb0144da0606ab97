"""Collector `rolesanywhere_trust_anchors`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.collectors.rolesanywhere_trust_anchors import certificate_expiry
from tests.pipeline.collectors.support import (
    DAY,
    PLAIN,
    collect,
    scripted,
)


def pem(*ends: datetime) -> str:
    key, name, made = ec.generate_private_key(ec.SECP256R1()), x509.Name([]), ""
    for end in ends:
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(end - timedelta(days=9))
            .not_valid_after(end)
            .sign(key, hashes.SHA256())
        )
        made += certificate.public_bytes(serialization.Encoding.PEM).decode()
    return made


def test_the_first_certificate_of_a_bundle_to_end_counts() -> None:
    later, sooner = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert certificate_expiry(pem(later, sooner)) == datetime(2027, 1, 2, 3, 4, 5)
    assert certificate_expiry("") is certificate_expiry("not a certificate") is None
    assert certificate_expiry(pem(later)[:-200] + "\n-----END CERTIFICATE-----\n") is None


def test_anchors_under_a_private_ca_ask_it_when_it_ends() -> None:
    def anchor(name: str, source: dict[str, str], **more: Any) -> dict[str, Any]:
        arn = f"arn:aws:rolesanywhere:x:1:trust-anchor/{name}"
        kept = {"sourceType": "AWS_ACM_PCA", "sourceData": source}
        return {"trustAnchorArn": arn, "name": name, "enabled": True, "source": kept} | more

    notified = [
        {"event": "END_ENTITY_CERTIFICATE_EXPIRY", "enabled": False},
        {"event": "CA_CERTIFICATE_EXPIRY", "enabled": True},
    ]
    anchors = [
        anchor("known", {"acmPcaArn": "arn:ca"}, crlDpRevocationEnabled=True, notificationSettings=notified),
        anchor("gone", {"acmPcaArn": "arn:gone"}),
    ]
    known = {"arn:ca": {"CertificateAuthority": {"NotAfter": DAY}}, "arn:gone": None}
    answers = {
        "rolesanywhere:ListTrustAnchors": anchors,
        "acm-pca:DescribeCertificateAuthority": lambda CertificateAuthorityArn: known[CertificateAuthorityArn],
    }
    first, second = collect("rolesanywhere_trust_anchors", scripted(answers))["rolesanywhere_trust_anchors"]
    assert (first["certificate_expires_at"], first["notified_events"]) == (PLAIN, ["CA_CERTIFICATE_EXPIRY"])
    assert (first["is_crl_distribution_point_checked"], second["is_crl_distribution_point_checked"]) == (True, False)
    assert (second["certificate_expires_at"], second["notified_events"]) == (None, [])
