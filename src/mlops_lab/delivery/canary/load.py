"""A canary's own load: random rows of the project's table at a steady rate, and what became of them."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

from mlops_lab.load.live import Aim, offer
from mlops_lab.load.profile import constant
from mlops_lab.load.summary import Summary

LONGEST = 3_600.0  # seconds


class CanaryLoad:
    """Load in a thread of its own, until it is ended."""

    def __init__(self, target: Aim, rate: float):
        """Begin at once, at a rate in requests a second."""
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="canary-load")
        self._running: Future[Summary] = self._pool.submit(offer, target, constant(rate, LONGEST), stop=self._stop)

    def end(self) -> Summary:
        """Stop, wait for the last answers and return what was seen; a second end returns the same."""
        self._stop.set()
        try:
            return self._running.result()
        finally:
            self._pool.shutdown()
