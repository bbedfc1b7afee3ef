"""Where load may be sent: to this machine, and to the lab's own load balancer."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from mlops_lab.errors import LabError


def require_own(url: str, balancer: str | None) -> None:
    """Refuse an address that is not the lab's: load on somebody else's server is an attack.

    Args:
        url: Where the requests would go.
        balancer: Base URL of the lab's load balancer; None where there is none but on this machine.

    Raises:
        LabError: The address is neither on the loopback interface nor the balancer's.
    """
    target = urlsplit(url)
    if target.scheme in ("http", "https") and target.hostname:
        own = urlsplit(balancer).hostname if balancer else None
        if target.hostname == own or _is_loopback(target.hostname):
            return
    allowed = f"127.0.0.1 or {balancer}" if balancer else "127.0.0.1"
    raise LabError(f"Load would go to {url!r}, which is not the lab's; use an http address of {allowed}.")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
