"""Keys for checkpoints on this machine: one that signs in KMS's place, and public ones to hold signatures against."""

import base64
import hashlib
from collections.abc import Iterator, Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from workbench.complaint import Complaint
from workbench.proof import VerifySignature

_END = b"-----END PUBLIC KEY-----\n"
_ALGORITHM = ec.ECDSA(hashes.SHA256())


class LocalSigner:
    """A key that lives as long as this process, of the same kind as the one in KMS."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        public = self._private.public_key()
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.key = f"local:{hashlib.sha256(der).hexdigest()[:16]}"
        self.pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, statement: bytes) -> str | None:
        """The signature in base64."""
        return base64.b64encode(self._private.sign(statement, _ALGORITHM)).decode()


def write_pem(der: bytes) -> bytes:
    """A public key as KMS gives it (DER, SubjectPublicKeyInfo) in the form that `--key` reads."""
    key = serialization.load_der_public_key(der)
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def trust(pems: Sequence[bytes]) -> VerifySignature:
    """What tells whether one of these public keys made a signature.

    Raises:
        Complaint: one of them is no public key on P-256 in PEM.
    """
    keys = [key for pem in pems for key in _read(pem)]

    def verify(key: str, statement: bytes, signature: str) -> bool | None:
        del key  # a name proves nothing; the key itself does
        return any(_holds(public, statement, signature) for public in keys) if keys else None

    return verify


def _read(pem: bytes) -> Iterator[ec.EllipticCurvePublicKey]:
    """Every key of a file."""
    parts = [part + _END for part in pem.split(_END)[:-1]] or [pem]
    for part in parts:
        try:
            key = serialization.load_pem_public_key(part)
        except ValueError:
            key = None
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise Complaint("--key names a file that is no public key (P-256, PEM)", 2)
        yield key


def _holds(public: ec.EllipticCurvePublicKey, statement: bytes, signature: str) -> bool:
    try:
        public.verify(base64.b64decode(signature, validate=True), statement, _ALGORITHM)
    except (InvalidSignature, ValueError):
        return False
    return True
