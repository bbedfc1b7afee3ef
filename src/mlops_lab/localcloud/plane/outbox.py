"""How messages leave the control plane for HTTP endpoints: a hook, because whoever sends them may have to wait."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Delivery:
    """One POST to a subscriber."""

    url: str
    headers: Mapping[str, str]
    body: bytes


Deliver = Callable[[Delivery], None]


def drop(delivery: Delivery) -> None:
    """Send nothing: nobody does while the journal is repeated, when everything has been sent before."""


class Outbox:
    """Holds the hook that is given every message; it is given them under the plane's lock, so it must not wait."""

    def __init__(self) -> None:
        self.deliver: Deliver = drop


OUTBOX = Outbox()  # moto's backends are pickled and created by moto, so they find the hook here
