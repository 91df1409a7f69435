"""An event loop whose UDP sockets come from a range of ports. Knows nothing of WebRTC."""

import errno
import random
import socket
from collections.abc import Callable
from typing import Any

import uvloop


class PortRangeLoop(uvloop.Loop):
    """Binds UDP to a port of `ports` where a caller asks for any: aioice does, and takes no range."""

    def __init__(self, ports: range) -> None:
        super().__init__()
        self._ports = ports

    async def create_datagram_endpoint(  # type: ignore[override]
        self, protocol_factory: Callable[[], Any], local_addr: tuple[str, int] | None = None, **more: Any
    ) -> Any:
        if self._ports and local_addr is not None and local_addr[1] == 0:
            more["sock"] = bound(local_addr[0], self._ports)
        else:
            more["local_addr"] = local_addr
        return await super().create_datagram_endpoint(protocol_factory, **more)


def bound(address: str, ports: range) -> socket.socket:
    """A UDP socket on a free port; raises OSError (EADDRINUSE) when all are taken.

    It begins anywhere in the range, so that late packets of a former peer rarely find the next one.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    first = random.randrange(len(ports))  # noqa: S311
    udp = socket.socket(family, socket.SOCK_DGRAM)
    udp.setblocking(False)
    for port in (*ports[first:], *ports[:first]):
        try:
            udp.bind((address, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                udp.close()
                raise
        else:
            return udp
    udp.close()
    raise OSError(errno.EADDRINUSE, "no port of the range is left")
