"""Steps that may fail without ending the loop that makes them."""

import logging
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from mlops_lab.errors import LabError

log = logging.getLogger(__name__)


class Guard:
    """Runs steps; one that fails is logged, once for as long as it fails in the same way, and tried again next time."""

    def __init__(self) -> None:
        self._failing: dict[str, str] = {}

    def run(self, name: str, step: Callable[[], bool]) -> bool:
        """Make a step; return what it returns, or False where it fails."""
        try:
            changed = step()
        except (BotoCoreError, ClientError, LabError, OSError) as error:
            self._say(name, f"{type(error).__name__}: {error}")
            return False
        except Exception as error:  # a mistake of our own must not end the loop either
            self._say(name, f"{type(error).__name__}: {error}", traceback=True)
            return False
        self._failing.pop(name, None)
        return changed

    def _say(self, name: str, problem: str, traceback: bool = False) -> None:
        if self._failing.get(name) != problem:
            log.error("%s: %s", name, problem, exc_info=traceback)
            self._failing[name] = problem
