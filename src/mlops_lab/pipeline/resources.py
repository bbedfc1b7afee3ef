"""What Terraform built or plans to build, read from `terraform show -json`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Resource:
    """One managed resource: its address, its key under `for_each` or `count` ("" without one), its attributes."""

    address: str
    type: str
    name: str
    key: str
    values: Json

    def block(self, name: str) -> Json:
        """First block of a name, or an empty one; Terraform writes every block as a list."""
        return next(iter(self.values.get(name) or ()), {})

    def tag(self, name: str) -> str:
        """Value of a tag, or ""."""
        return str((self.values.get("tags") or {}).get(name, ""))


@dataclass(frozen=True)
class Resources:
    """Every managed resource of a state or plan, in Terraform's order."""

    all: tuple[Resource, ...]

    def of(self, *types: str) -> tuple[Resource, ...]:
        """Those of the named types."""
        return tuple(each for each in self.all if each.type in types)

    def types(self) -> frozenset[str]:
        """Types that occur."""
        return frozenset(each.type for each in self.all)

    def definition(self, reference: str) -> Resource | None:
        """Task definition of the same family as an ARN, whatever its revision: a release registers new ones."""
        family = reference.rpartition("/")[2].partition(":")[0]
        return next((each for each in self.of("aws_ecs_task_definition") if each.values["family"] == family), None)


def read(show: Json) -> Resources:
    """Read a state (`values`) or a plan (`planned_values`), child modules included, data sources left out."""
    values = show.get("planned_values") or show.get("values") or {}
    return Resources(tuple(_walk(values.get("root_module", {}))))


def _walk(module: Json) -> Iterator[Resource]:
    for each in module.get("resources", ()):
        if each["mode"] == "managed":
            key = each.get("index", "")
            yield Resource(each["address"], each["type"], each["name"], str(key), each.get("values", {}))
    for child in module.get("child_modules", ()):
        yield from _walk(child)
