"""A host in, whether it refuses TLS 1.1 and takes TLS 1.2 with a valid certificate out."""

import socket
import ssl
import warnings
from collections.abc import Callable, Iterator

from workbench.examination import Finding, UnseenError, Verdict

_PATIENCE_S = 5.0
# What a server, or this machine's OpenSSL for it, says to a version that it does not speak.
_REFUSALS = frozenset(
    {"TLSV1_ALERT_PROTOCOL_VERSION", "SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INSUFFICIENT_SECURITY"}
)

Shake = Callable[[str, ssl.SSLContext], None]
"""A TLS handshake with a host; OSError (ssl.SSLError is one) where it fails."""


def shake_hands(host: str, context: ssl.SSLContext) -> None:
    """A handshake at port 443, and nothing sent."""
    with (
        socket.create_connection((host, 443), _PATIENCE_S) as connection,
        context.wrap_socket(connection, server_hostname=host),
    ):
        pass


def examine_tls(host: str, shake: Shake = shake_hands) -> Iterator[Finding]:
    """Whether the host's TLS is what the policy of its domain says."""
    about = "TLS floor"
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        shake(host, context)
    except ssl.SSLCertVerificationError as error:
        yield Finding(about, Verdict.BAD, f"{host} shows a certificate that is not its own: {error.verify_message}")
        return
    except OSError as error:
        raise UnseenError(f"{host} cannot be reached over TLS: {type(error).__name__}") from None
    try:
        shake(host, _make_old_context())
    except ssl.SSLError as error:
        if error.reason not in _REFUSALS:
            raise UnseenError(f"this machine cannot try TLS 1.1 itself: {error.reason}") from None
    except ConnectionError:
        pass  # cut off instead of told: refused all the same
    except OSError as error:
        raise UnseenError(f"{host} did not answer the second time: {type(error).__name__}") from None
    else:
        yield Finding(about, Verdict.BAD, f"{host} still speaks TLS 1.1", "deploy again")
        return
    yield Finding(about, Verdict.GOOD, f"{host} speaks TLS 1.2 or better only, with its own certificate")


def _make_old_context() -> ssl.SSLContext:
    """What a browser of 2012 would offer: TLS 1.1 at most. The certificate was looked at before."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that nobody should speak it is what is being asked
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context
