import queue
import threading
from dataclasses import dataclass, field

import pytest

from mlops_lab.localcloud.agent.messenger import ATTEMPTS, WAITING, Delivery, Messenger, is_loopback


@dataclass(frozen=True)
class Message:
    url: str = "http://127.0.0.1:9/"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Subscriber:
    """Takes every message, after it has refused some."""

    def __init__(self, refusals: int = 0):
        self.attempts: queue.Queue[Delivery] = queue.Queue()
        self._refusals = refusals

    def post(self, delivery: Delivery) -> bool:
        self.attempts.put(delivery)
        self._refusals -= 1
        return self._refusals < 0


def test_messages_arrive_in_their_order():
    subscriber = Subscriber()
    messenger = Messenger(subscriber.post)
    messenger.start()

    for body in (b"1", b"2"):
        messenger.send(Message(body=body))

    assert [subscriber.attempts.get(timeout=5).body for _ in range(2)] == [b"1", b"2"]
    messenger.stop()


def test_a_subscriber_that_refuses_is_tried_again_and_then_given_up():
    subscriber = Subscriber(refusals=ATTEMPTS)
    messenger = Messenger(subscriber.post, pause=0.0)
    messenger.start()

    messenger.send(Message(body=b"lost"))
    messenger.send(Message(body=b"next"))

    bodies = [subscriber.attempts.get(timeout=5).body for _ in range(ATTEMPTS + 1)]
    assert bodies == [b"lost"] * ATTEMPTS + [b"next"]
    messenger.stop()


def test_who_sends_never_waits(caplog: pytest.LogCaptureFixture):
    released = threading.Event()
    messenger = Messenger(lambda _: released.wait(5))
    messenger.start()

    for _ in range(WAITING + 5):
        messenger.send(Message())

    assert "is dropped" in caplog.text
    released.set()


def test_nothing_leaves_this_machine(caplog: pytest.LogCaptureFixture):
    subscriber = Subscriber()
    messenger = Messenger(subscriber.post)
    messenger.start()

    messenger.send(Message(url="https://example.com/hook"))
    messenger.send(Message(body=b"own"))

    assert subscriber.attempts.get(timeout=5).body == b"own"
    assert "https://example.com/hook is not on this machine" in caplog.text
    messenger.stop()


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://127.0.0.1:80/x", True),
        ("http://127.9.9.9/", True),
        ("http://localhost:1/", True),
        ("http://[::1]:1/", True),
        ("http://10.0.0.1/", False),
        ("http://127.0.0.1.example.com/", False),
        ("nonsense", False),
    ],
)
def test_loopback_addresses_are_this_machine(url: str, own: bool):
    assert is_loopback(url) is own
