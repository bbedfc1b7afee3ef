"""The documents' drawings as committed SVGs: the loop, and the architecture as recorded from Terraform's state."""

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from mlops_lab.errors import LabError
from mlops_lab.pipeline.resources import Json
from mlops_lab.pipeline.resources import read as resources
from mlops_lab.reporting import loop_diagram
from mlops_lab.reporting.architecture import Architecture, describe
from mlops_lab.reporting.site.records import Kept


def drawn(reports: Path) -> dict[Path, bytes]:
    """Return what each drawing must hold now, by its file.

    Raises:
        LabError: The architecture was never recorded.
    """
    import_module("IPython")  # whole: matplotlib looks into it, and another thread may be importing it just now
    from mlops_lab.reporting.diagram import draw
    from mlops_lab.reporting.picture import svg

    kept = Kept(reports)
    return {
        kept.diagrams / "loop.svg": loop_diagram.draw().encode(),
        kept.diagrams / "architecture.svg": svg(draw(recorded(reports))),
    }


def write(reports: Path) -> bool:
    """Write the drawings; return whether one has changed.

    Raises:
        LabError: The architecture was never recorded.
    """
    stale = out_of_step(reports)
    for path, content in drawn(reports).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return bool(stale)


def out_of_step(reports: Path) -> list[str]:
    """Return the names of drawings that are not what would be drawn now.

    Raises:
        LabError: The architecture was never recorded.
    """
    return [path.name for path, content in drawn(reports).items() if not path.is_file() or path.read_bytes() != content]


def recorded(reports: Path) -> Json:
    """Return the recorded state.

    Raises:
        LabError: There is none.
    """
    path = Kept(reports).architecture
    try:
        found: Json = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LabError(f"{path} cannot be read ({error}); `make record` writes it from a lab that is up.") from None
    return found


def shape(state: Json) -> Architecture:
    """Return what a state looks like, whatever the ids of its parts and a canary's weights. Pure."""
    found = describe(resources(state))
    names = {subnet.id: f"{subnet.zone} {subnet.cidr}" for subnet in found.subnets}

    def named(ids: frozenset[str]) -> frozenset[str]:
        return frozenset(names.get(each, each) for each in ids)

    routes = tuple(
        replace(
            route,
            services=tuple(
                replace(each, subnets=named(each.subnets), groups=frozenset(), weight=0, share=0.0)
                for each in sorted(route.services, key=lambda service: service.name)
            ),
        )
        for route in found.routes
    )
    return replace(
        found,
        subnets=tuple(replace(each, id=names[each.id]) for each in found.subnets),
        balancer_subnets=named(found.balancer_subnets),
        balancer_groups=(),
        nat_subnets=named(found.nat_subnets),
        endpoints=tuple(replace(each, subnets=named(each.subnets)) for each in found.endpoints),
        permissions=tuple(sorted((replace(each, group="") for each in found.permissions), key=str)),
        group_names={},
        routes=routes,
    )
