"""Notices of alarms and budgets as they reach a subscriber on this machine."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from mlops_lab import catalog
from mlops_lab.cloud.session import account, client, explained
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

LONGEST = 262_144  # bytes, SNS's own limit


@dataclass(frozen=True)
class Notice:
    """A message of the lab's topic."""

    subject: str
    message: str  # JSON where CloudWatch sent it

    @property
    def told(self) -> str:
        """One line: the alarm's change and its reason, or the subject."""
        try:
            alarm = json.loads(self.message)
            return (
                f"{alarm['AlarmName']}: {alarm['OldStateValue']} -> {alarm['NewStateValue']}: {alarm['NewStateReason']}"
            )
        except (ValueError, TypeError, KeyError):
            return self.subject or self.message


@contextmanager
def subscribed(settings: Settings, receive: Callable[[Notice], object]) -> Iterator[str]:
    """Subscribe this process to the lab's topic meanwhile; yield the topic's ARN.

    Args:
        settings: The target.
        receive: Gets every notice, in a thread of the subscriber.

    Raises:
        LabError: The target's SNS cannot reach this machine, or there is no topic.
    """
    host = settings.subscriber_host
    if host is None:
        raise LabError(f"SNS of TARGET={settings.target} does not reach this machine; set alert_email for its notices.")
    server = Subscriber((host, 0), receive)
    thread = threading.Thread(target=server.serve_forever, name="notices", daemon=True)
    thread.start()
    try:
        with explained(settings), _subscription(settings, f"http://{host}:{server.server_port}/") as topic:
            yield topic
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _subscription(settings: Settings, endpoint: str) -> Iterator[str]:
    sns = client(settings, "sns")
    topic = f"arn:aws:sns:{settings.region}:{account(settings)}:{catalog.TOPIC}"
    arn = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint, ReturnSubscriptionArn=True)
    try:
        yield topic
    finally:
        sns.unsubscribe(SubscriptionArn=arn["SubscriptionArn"])


class Subscriber(ThreadingHTTPServer):
    """An HTTP endpoint of SNS."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], receive: Callable[[Notice], object]):
        self.receive = receive
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Subscriber

    def do_POST(self) -> None:
        """Take a message."""
        length = int(self.headers.get("Content-Length") or 0)
        notice = parsed(self.rfile.read(length)) if 0 < length <= LONGEST else None
        self.send_response(200 if notice else 400)
        self.send_header("Content-Length", "0")
        self.end_headers()
        if notice:
            self.server.receive(notice)

    def log_message(self, *line: object) -> None:
        """Say nothing: the notices are what is said."""


def parsed(body: bytes) -> Notice | None:
    """Return the notice in an envelope of SNS, or None where it holds none."""
    try:
        envelope: Any = json.loads(body)
        return Notice(str(envelope.get("Subject", "")), str(envelope["Message"]))
    except (ValueError, AttributeError, KeyError, TypeError):
        return None
