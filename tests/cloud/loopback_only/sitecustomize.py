"""For the emulator's processes, deployed functions among them: the networks' hosts are one port of this machine's.

Python runs this file at its start, where this folder is on PYTHONPATH. What a function does is not changed by it: it
asks for graph.facebook.com at port 443 over TLS, and verifies the certificate; only the address is another one. A name
that is neither a network's nor loopback does not exist, so that no test can reach the world by mistake.
"""

import os
import socket

_PORT = int(os.environ["LOOPBACK_NETWORKS_PORT"])
_HOSTS = frozenset(os.environ["LOOPBACK_NETWORKS_HOSTS"].split())
_NEAR = frozenset({"127.0.0.1", "::1", "localhost", "", None})
_real = socket.getaddrinfo


def _getaddrinfo(host, port, *arguments, **named):  # noqa: ANN001, ANN002, ANN003, ANN202 - the standard library's own
    name = host.decode() if isinstance(host, bytes) else host
    if name in _HOSTS:
        return _real("127.0.0.1", _PORT, *arguments, **named)
    if name in _NEAR:
        return _real(host, port, *arguments, **named)
    raise socket.gaierror(socket.EAI_NONAME, "there is no such host in tests")


socket.getaddrinfo = _getaddrinfo
