"""A certificate authority of one test, and certificates of its mesh for 127.0.0.1."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PEM = serialization.Encoding.PEM


def make_mesh(folder: Path) -> dict[str, Path]:
    """Files as `ServiceSettings` names them."""
    folder.mkdir()
    ca_key, ca = _certificate("ca")
    key, certificate = _certificate("peer", ca_key, ca)
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    files = {
        "tls_ca": ca.public_bytes(PEM),
        "tls_cert": certificate.public_bytes(PEM),
        "tls_key": key.private_bytes(PEM, *plain),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in files}


def _certificate(
    name: str, issuer_key: ec.EllipticCurvePrivateKey | None = None, issuer: x509.Certificate | None = None
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
    )
    return key, builder.sign(issuer_key or key, hashes.SHA256())
