"""Where the diagram's parts go: pure arithmetic from the architecture to boxes, in pixels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mlops_lab.reporting.architecture import Architecture, Service, Subnet
from mlops_lab.reporting.canvas import Box
from mlops_lab.reporting.surroundings import Shelf

WIDTH = 1200.0
VPC_LEFT, VPC_RIGHT, VPC_TOP = 20.0, 884.0, 150.0
LANES_LEFT, LANES_RIGHT, LANE_GAP = 232.0, 824.0, 16.0
PANEL_LEFT, PANEL_RIGHT, PANEL_TOP = 974.0, 1180.0, 126.0
HEADER, GAP, SERVICE, PROJECT_GAP, TITLE, NODE = 30.0, 34.0, 44.0, 8.0, 66.0, 46.0
SHELF_TITLE, SHELF_ITEM, SHELF_GAP = 24.0, 17.0, 12.0


@dataclass(frozen=True)
class Tier:
    """One tier of subnets, from the top of its bands to their bottom, and its rows by name."""

    public: bool
    top: float
    bottom: float
    rows: Mapping[str, Box]


@dataclass(frozen=True)
class Frame:
    """Boxes of everything the diagram shows."""

    shape: Architecture
    shelves: Sequence[Shelf]

    @cached_property
    def lanes(self) -> dict[str, Box]:
        """A column for each zone, as high as the VPC."""
        count = len(self.shape.zones)
        width = (LANES_RIGHT - LANES_LEFT - LANE_GAP * (count - 1)) / count
        lefts = [LANES_LEFT + index * (width + LANE_GAP) for index in range(count)]
        height = self.tiers[-1].bottom - VPC_TOP - 4
        return {
            zone: Box(left, VPC_TOP + 14, width, height) for zone, left in zip(self.shape.zones, lefts, strict=True)
        }

    @cached_property
    def tiers(self) -> tuple[Tier, ...]:
        """The tiers from the top, public first."""
        found: list[Tier] = []
        top = VPC_TOP + 40
        for public in sorted({subnet.public for subnet in self.shape.subnets}, reverse=True):
            found.append(self._tier(public, top))
            top = found[-1].bottom + 14
        return tuple(found)

    @property
    def vpc(self) -> Box:
        """Border of the VPC."""
        return Box(VPC_LEFT, VPC_TOP, VPC_RIGHT - VPC_LEFT, self.tiers[-1].bottom + 24 - VPC_TOP)

    @property
    def gateway(self) -> Box:
        """The internet gateway, on the VPC's upper border."""
        return Box(LANES_LEFT, VPC_TOP - 14, VPC_RIGHT - 12 - LANES_LEFT, 28)

    @property
    def clients(self) -> Box:
        """Those who call."""
        middle = (LANES_LEFT + LANES_RIGHT) / 2
        return Box(middle - 130, 72, 260, 34)

    @property
    def height(self) -> float:
        """Height of the whole picture."""
        return max((box.bottom for box in self.shelf_boxes.values()), default=self.vpc.bottom) + 52

    def row(self, name: str) -> Box | None:
        """Row of a name, in whatever tier it is."""
        return next((tier.rows[name] for tier in self.tiers if name in tier.rows), None)

    def band(self, tier: Tier, zone: str) -> Box:
        """Crossing of a tier and a zone: a subnet."""
        lane = self.lanes[zone]
        return Box(lane.x, tier.top, lane.width, tier.bottom - tier.top).inside(6)

    @cached_property
    def service_rows(self) -> dict[str, Box]:
        """Row of each service across the zones, by its name."""
        block, found = self.row("tasks"), {}
        top = block.y + TITLE if block else 0.0
        for route in self.shape.routes:
            for service in route.services:
                found[service.name] = Box(LANES_LEFT, top, LANES_RIGHT - LANES_LEFT, SERVICE - 8)
                top += SERVICE
            top += PROJECT_GAP
        return found

    @cached_property
    def ordered_shelves(self) -> tuple[Shelf, ...]:
        """Shelves from the top: nearest to the way that leads to them, so that no two ways cross."""
        order = (
            ["storage", "api", "right", "around"] if self.row("endpoints") else ["api", "storage", "right", "around"]
        )
        return tuple(sorted(self.shelves, key=lambda shelf: order.index(shelf.place)))

    @cached_property
    def shelf_boxes(self) -> dict[str, Box]:
        """Box of each shelf, by its title: around the VPC in a row below it, the others beside it."""
        beside = [shelf for shelf in self.ordered_shelves if shelf.place != "around"]
        boxes, top, place = {}, PANEL_TOP, ""
        for shelf in beside:
            top += 40 if shelf.place != place else 0
            boxes[shelf.title] = Box(PANEL_LEFT, top, PANEL_RIGHT - PANEL_LEFT, _height(shelf))
            top, place = boxes[shelf.title].bottom + SHELF_GAP, shelf.place
        return boxes | self._boxes_below(max(self.vpc.bottom, top - SHELF_GAP) + 46)

    def _boxes_below(self, top: float) -> dict[str, Box]:
        below = [shelf for shelf in self.ordered_shelves if shelf.place == "around"]
        width = (PANEL_RIGHT - VPC_LEFT - SHELF_GAP * (len(below) - 1)) / max(len(below), 1)
        height = max((_height(shelf) for shelf in below), default=0.0)
        lefts = [VPC_LEFT + index * (width + SHELF_GAP) for index in range(len(below))]
        return {shelf.title: Box(left, top, width, height) for shelf, left in zip(below, lefts, strict=True)}

    @property
    def tasks_are_public(self) -> bool:
        """Whether tasks reach the internet gateway by themselves."""
        public = {subnet.id for subnet in self.shape.subnets if subnet.public}
        return any(service.public_address and service.subnets & public for service in self.shape.services)

    @property
    def nat_boxes(self) -> list[Box]:
        """NAT gateways, each in its zone."""
        row = self.row("nat")
        zones = [subnet.zone for subnet in self.shape.subnets if subnet.id in self.shape.nat_subnets]
        lanes = [self.lanes[zone] for zone in zones]
        return [Box(lane.right - 164, row.y, 140, row.height) for lane in lanes] if row else []

    @property
    def endpoint_boxes(self) -> list[tuple[Box, list[str]]]:
        """Interface endpoints, in each zone those that have a subnet there."""
        row, found = self.row("endpoints"), []
        for subnet in self.shape.subnets:
            names = [endpoint.service for endpoint in self.shape.endpoints if subnet.id in endpoint.subnets]
            if row and names:
                lane = self.lanes[subnet.zone]
                found.append((Box(lane.x, row.y, lane.width, row.height).inside(24), sorted(names)))
        return found

    @property
    def storage_endpoint(self) -> Box | None:
        """The gateway endpoint of S3, on the VPC's right border beside the tasks."""
        block = self.row("tasks")
        gateways = [endpoint for endpoint in self.shape.endpoints if not endpoint.subnets]
        return Box(VPC_RIGHT - 44, block.bottom - 62, 88, 40) if block and gateways else None

    @property
    def api_box(self) -> Box:
        """Shelves that tasks reach as APIs, together."""
        boxes = [self.shelf_boxes[shelf.title] for shelf in self.shelves if shelf.place == "api"]
        return Box(PANEL_LEFT, boxes[0].y, PANEL_RIGHT - PANEL_LEFT, boxes[-1].bottom - boxes[0].y)

    def of(self, tier: Tier) -> tuple[Subnet, ...]:
        """Subnets of a tier."""
        return tuple(subnet for subnet in self.shape.subnets if subnet.public == tier.public)

    def chips(self, service: Service) -> list[Box]:
        """Boxes of a service: one in each zone where its tasks may run."""
        zones = sorted({subnet.zone for subnet in self.shape.subnets if subnet.id in service.subnets})
        row = self.service_rows[service.name]
        return [Box(self.lanes[zone].x, row.y, self.lanes[zone].width, row.height).inside(24) for zone in zones]

    def _tier(self, public: bool, top: float) -> Tier:
        rows, y = {}, top + HEADER
        for name, height in self._contents(public).items():
            rows[name] = Box(LANES_LEFT, y, LANES_RIGHT - LANES_LEFT, height).inside(16)
            y += height + GAP
        return Tier(public, top, y - GAP + 16 if rows else top + HEADER + 20, rows)

    def _contents(self, public: bool) -> dict[str, float]:
        here = {subnet.id for subnet in self.shape.subnets if subnet.public == public}
        interfaces = {subnet for endpoint in self.shape.endpoints for subnet in endpoint.subnets}
        wanted = {
            "balancer": (self.shape.balancer_subnets, NODE),
            "nat": (self.shape.nat_subnets, 36.0),
            "tasks": (self.shape.task_subnets, self._tasks_height()),
            "endpoints": (interfaces, NODE),
        }
        return {name: height for name, (subnets, height) in wanted.items() if here & subnets}

    def _tasks_height(self) -> float:
        return TITLE + SERVICE * len(self.shape.services) + PROJECT_GAP * (len(self.shape.routes) - 1) + 2


def _height(shelf: Shelf) -> float:
    return SHELF_TITLE + SHELF_ITEM * len(shelf.items) + 6
