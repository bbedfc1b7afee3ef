"""Calls that a client repeats because their answer was lost: SDKs give all attempts of a call one id."""

from collections import OrderedDict

from mlops_lab.localcloud.plane.call import Answer, Call

INVOCATION = "HTTP_AMZ_SDK_INVOCATION_ID"
MOST = 1_000  # answers that are kept; a client repeats a call within seconds


class Attempts:
    """The latest answers to calls that changed something, by the SDK's id of the call.

    A creation that had succeeded would otherwise be refused when it is repeated, as a conflict with itself.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._answers: OrderedDict[str, Answer] = OrderedDict()

    def answered(self, call: Call) -> Answer | None:
        """Return the answer that an earlier attempt of this call got, if it succeeded."""
        return self._answers.get(str(call.environ.get(INVOCATION, "")))

    def keep(self, call: Call, answer: Answer) -> Answer:
        """Keep the answer of a call that succeeded, and return it."""
        if (invocation := str(call.environ.get(INVOCATION, ""))) and 200 <= answer.code < 300:
            self._answers[invocation] = answer
            if len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return answer
