"""Several hosts on one machine: network namespaces, each with a network card of its own on a common switch.

Needs root and iproute2. Nothing outside of the namespaces is touched: the switch lies in one of its own. A host
can be cut off without a word: no packet gets through any more, so that nobody is told that a connection has ended.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWNET = 0x40000000  # setns(2)
NAMESPACES = Path("/run/netns")
PREFIX = "trackgate-test-"
SUBNET = "10.77.0.0/24"


def why_not() -> str | None:
    """Why there can be no hosts here, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    return None if shutil.which("ip") else "iproute2 (`ip`) is not installed"


@dataclass(frozen=True, slots=True)
class Host:
    """One namespace; its card's other end is a port of the switch."""

    name: str
    address: str
    switch: str
    port: str

    @contextmanager
    def entered(self) -> Iterator[None]:
        """This thread is on the host: so are the processes, threads and sockets that it makes meanwhile."""
        with Path("/proc/thread-self/ns/net").open() as before, (NAMESPACES / self.name).open() as there:
            _set_namespace(there.fileno())
            try:
                yield
            finally:
                _set_namespace(before.fileno())

    def cut_off(self) -> None:
        """From now on no packet goes to the host or comes from it."""
        _ip("-n", self.switch, "link", "set", self.port, "down")

    def reconnect(self) -> None:
        """The cable is in again."""
        _ip("-n", self.switch, "link", "set", self.port, "up")


@contextmanager
def hosts(*names: str) -> Iterator[list[Host]]:
    """Hosts of these names, which reach one another; removed with all that is theirs at the end."""
    _remove_left_over()
    prefix = f"{PREFIX}{os.getpid()}"
    switch = f"{prefix}-switch"
    with ExitStack() as made:
        _namespace(made, switch)
        _ip("-n", switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", switch, "link", "set", "bridge", "up")
        found = []
        for number, name in enumerate(names, 1):
            host = Host(f"{prefix}-{name}", f"10.77.0.{number}", switch, f"port-{number}")
            _namespace(made, host.name)
            card = ["link", "add", host.port, "type", "veth", "peer", "name", "eth0", "netns", host.name]
            _ip("-n", switch, *card)
            _ip("-n", switch, "link", "set", host.port, "master", "bridge", "up")
            _ip("-n", host.name, "address", "add", f"{host.address}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                _ip("-n", host.name, "link", "set", device, "up")
            found.append(host)
        yield found


def _remove_left_over() -> None:
    """What a test left that was killed itself: its process's number is in the names."""
    for path in NAMESPACES.glob(f"{PREFIX}*"):
        if not Path("/proc", path.name.removeprefix(PREFIX).partition("-")[0]).exists():
            _remove(path.name)


def _namespace(made: ExitStack, name: str) -> None:
    _ip("netns", "add", name)
    made.callback(_remove, name)


def _remove(name: str) -> None:
    with suppress(subprocess.CalledProcessError):
        _ip("netns", "delete", name)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def _set_namespace(descriptor: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
