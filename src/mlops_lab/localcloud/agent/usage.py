"""How much of its reserved CPU and memory a task uses."""

import time
from collections.abc import Callable, Mapping

from mlops_lab.localcloud.agent import definition as definitions
from mlops_lab.localcloud.agent.observation import Json, Task
from mlops_lab.localcloud.driver import Driver, Usage

CPU_UNITS = 1024  # of one vCPU
MIB = 2**20


class UsageMeter:
    """Measures tasks; CPU is what was used since the last measurement, so a task's first one tells none."""

    def __init__(self, driver: Driver, clock: Callable[[], float] = time.monotonic):
        self._driver = driver
        self._clock = clock
        self._last: dict[str, tuple[float, float]] = {}  # container -> (seconds of the clock, CPU seconds)

    def measure(self, task: Task, definition: Json) -> tuple[float | None, float | None]:
        """Return (CPU, memory) in per cent of what is reserved; None where nothing is reserved or known."""
        names = [each["name"] for each in definition["containerDefinitions"]]
        used = {
            container: usage
            for container in (definitions.container_id(task, name) for name in names)
            if (usage := self._driver.usage(container))
        }
        cores = self._cores(used)
        memory = sum(usage.memory_bytes for usage in used.values()) if used else None
        cpu_units, memory_mib = reserved(task, definition)
        return (
            cores / (cpu_units / CPU_UNITS) * 100 if cores is not None and cpu_units else None,
            memory / (memory_mib * MIB) * 100 if memory is not None and memory_mib else None,
        )

    def keep_only(self, tasks: list[Task]) -> None:
        """Forget the containers of all other tasks."""
        prefixes = tuple(f"{task.id}-" for task in tasks)
        self._last = {key: value for key, value in self._last.items() if key.startswith(prefixes)}

    def _cores(self, used: Mapping[str, Usage]) -> float | None:
        """CPU seconds a second over the task's containers."""
        now = self._clock()
        rates = []
        for container, usage in used.items():
            since, before = self._last.get(container, (now, 0.0))
            self._last[container] = (now, usage.cpu_seconds)
            if now > since:
                rates.append(max(0.0, usage.cpu_seconds - before) / (now - since))
        return sum(rates) if rates else None


def reserved(task: Task, definition: Json) -> tuple[int, int]:
    """Return a task's CPU units and MiB of memory: the task's own, or those of its containers together."""
    containers = definition["containerDefinitions"]
    cpu = task.overrides.get("cpu") or definition.get("cpu") or sum(each.get("cpu") or 0 for each in containers)
    memory = task.overrides.get("memory") or definition.get("memory")
    if not memory:
        memory = sum(each.get("memory") or each.get("memoryReservation") or 0 for each in containers)
    return int(cpu), int(memory)
