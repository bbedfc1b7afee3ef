"""The architecture drawn from `terraform show -json`: another state draws another picture."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from mlops_lab.pipeline.resources import Json, read
from mlops_lab.reporting import flows
from mlops_lab.reporting.architecture import Architecture, Permission, Service, describe
from mlops_lab.reporting.canvas import LARGE, SMALL, Box, Canvas
from mlops_lab.reporting.frame import LANES_LEFT, SHELF_ITEM, SHELF_TITLE, VPC_LEFT, WIDTH, Frame, Tier
from mlops_lab.reporting.palette import COLOURS, INK, LOOKS, MUTED
from mlops_lab.reporting.surroundings import Shelf, shelves

HEADINGS = {"api": "AWS APIs that tasks call", "storage": "Storage", "right": "Rights", "around": "Watching over it"}


def draw(show: Json) -> Figure:
    """Draw what `terraform show -json` holds, 1200 pixels wide at 100 dots an inch.

    Raises:
        LabError: It holds no VPC or no load balancer, or several.
    """
    resources = read(show)
    frame = Frame(describe(resources), shelves(resources))
    canvas = Canvas(WIDTH, frame.height)
    for part in (_title, _network, _tiers, flows.draw, _balancer, _services, _ways_out, _panel, _legend):
        part(canvas, frame)
    return canvas.figure


def _title(canvas: Canvas, frame: Frame) -> None:
    shape = frame.shape
    projects = ", ".join(route.project for route in shape.routes)
    canvas.text((VPC_LEFT, 28), f"{shape.name} in {shape.region}", size=LARGE, bold=True)
    canvas.text((VPC_LEFT, 52), f"projects {projects}; drawn from Terraform's state", colour=MUTED)


def _network(canvas: Canvas, frame: Frame) -> None:
    canvas.box(frame.vpc, LOOKS["vpc"], layer=0)
    canvas.text((VPC_LEFT + 16, frame.vpc.y + 22), "VPC", bold=True)
    canvas.text((VPC_LEFT + 50, frame.vpc.y + 22), frame.shape.cidr, colour=MUTED)
    for zone, lane in frame.lanes.items():
        canvas.box(lane, LOOKS["zone"], layer=0)
        canvas.text((lane.middle[0], lane.y + 13), zone, bold=True, side="center", size=SMALL)
    canvas.box(frame.clients, LOOKS["outside"])
    canvas.text(frame.clients.middle, f"Clients: {_callers(frame.shape)}", side="center", room=frame.clients.width - 16)
    canvas.box(frame.gateway, LOOKS["gateway"], layer=4)
    canvas.text(frame.gateway.middle, "Internet gateway", side="center", bold=True, colour="white")


def _callers(shape: Architecture) -> str:
    peers = {each.peer for each in shape.allowed(shape.balancer_groups, inward=True)}
    return ", ".join(sorted(peers)).replace("0.0.0.0/0", "the internet")


def _tiers(canvas: Canvas, frame: Frame) -> None:
    for tier in frame.tiers:
        name = "public" if tier.public else "private"
        for subnet in frame.of(tier):
            band = frame.band(tier, subnet.zone)
            canvas.box(band, LOOKS[name], layer=1)
            canvas.text((band.x + 10, tier.top + 16), f"{name} subnet {subnet.cidr}", size=SMALL, bold=True)
        _tier_note(canvas, frame, tier)


def _tier_note(canvas: Canvas, frame: Frame, tier: Tier) -> None:
    if not tier.rows:
        for subnet in frame.of(tier):
            band = frame.band(tier, subnet.zone)
            canvas.text((band.x + 10, tier.top + 36), "nothing runs here in this layout", size=SMALL, colour=MUTED)


def _balancer(canvas: Canvas, frame: Frame) -> None:
    if (row := frame.row("balancer")) is None:
        return
    shape = frame.shape
    canvas.box(row, LOOKS["balancer"], layer=4)
    canvas.text((row.x + 14, row.y + 15), f"Load balancer {shape.balancer}", bold=True, colour=COLOURS["balancer"])
    canvas.text((row.x + 14, row.y + 32), f"listens on {', '.join(shape.listeners)}; other paths: 404", size=SMALL)
    groups, admitted = ", ".join(shape.balancer_groups), _rules(shape.allowed(shape.balancer_groups, inward=True))
    canvas.text((row.right - 14, row.y + 15), f"security group {groups}", size=SMALL, side="right")
    canvas.text((row.right - 14, row.y + 32), f"admits {admitted}", size=SMALL, side="right", room=row.width / 2)


def _rules(permissions: Sequence[Permission]) -> str:
    return ", ".join(f"{each.ports} {'from' if each.inward else 'to'} {each.peer}" for each in permissions) or "nothing"


def _services(canvas: Canvas, frame: Frame) -> None:
    if (block := frame.row("tasks")) is None:
        return
    canvas.box(block, LOOKS["group"], layer=2)
    shape, x, room = frame.shape, block.x + 14, block.width - 28
    inward, outward = (shape.allowed(shape.task_groups, way) for way in (True, False))
    canvas.text((x, block.y + 16), f"ECS tasks, security group {', '.join(shape.task_groups)}", bold=True, size=SMALL)
    canvas.text((x, block.y + 33), f"admits {_rules(inward)}", size=SMALL, room=room)
    canvas.text((x, block.y + 50), f"calls {_rules(outward)}", size=SMALL, room=room)
    for service in shape.services:
        for chip in frame.chips(service):
            _task(canvas, chip, service)


def _task(canvas: Canvas, chip: Box, service: Service) -> None:
    canvas.box(chip, LOOKS["stable" if service.track == "stable" else "canary"], layer=4)
    canvas.text((chip.x + 10, chip.y + 11), f"{service.project} {service.track}", bold=True, size=SMALL)
    canvas.text((chip.x + 10, chip.y + 26), f"{service.size}; {service.bounds}", size=SMALL, room=chip.width - 20)
    if service.public_address:
        canvas.text((chip.right - 10, chip.y + 11), "public IPv4", size=SMALL, side="right", colour=MUTED)


def _ways_out(canvas: Canvas, frame: Frame) -> None:
    for box in frame.nat_boxes:
        canvas.box(box, LOOKS["gateway"], layer=4)
        canvas.text(box.middle, "NAT gateway", side="center", bold=True, colour="white")
    for box, names in frame.endpoint_boxes:
        canvas.box(box, LOOKS["endpoint"], layer=4)
        canvas.text((box.x + 10, box.y + 15), "interface endpoints", bold=True, size=SMALL)
        canvas.text((box.x + 10, box.y + 32), ", ".join(names), size=SMALL, room=box.width - 20)
    if pill := frame.storage_endpoint:
        canvas.box(pill, LOOKS["gateway"], layer=4)
        canvas.text((pill.middle[0], pill.y + 13), "S3 gateway", size=SMALL, bold=True, side="center", colour="white")
        canvas.text((pill.middle[0], pill.y + 28), "endpoint", size=SMALL, bold=True, side="center", colour="white")


def _panel(canvas: Canvas, frame: Frame) -> None:
    headed = ""
    for shelf in frame.ordered_shelves:
        box = frame.shelf_boxes[shelf.title]
        if headed != (heading := HEADINGS[shelf.place]):
            canvas.text((box.x, box.y - 16), heading, bold=True, colour=MUTED, size=SMALL)
            headed = heading
        _shelf(canvas, box, shelf)


def _shelf(canvas: Canvas, box: Box, shelf: Shelf) -> None:
    canvas.box(box, LOOKS["outside"])
    canvas.text((box.x + 10, box.y + 15), shelf.title, bold=True, size=SMALL)
    for index, item in enumerate(shelf.items):
        y = box.y + SHELF_TITLE + SHELF_ITEM * (index + 0.5)
        canvas.text((box.x + 10, y), item, size=SMALL, room=box.width - 20)


def _legend(canvas: Canvas, frame: Frame) -> None:
    y, x = frame.height - 24, VPC_LEFT
    entries = [
        (COLOURS["request"], False, "requests of clients, with the weight of each service"),
        (COLOURS["request"], True, "no requests at present"),
        (COLOURS["call"], False, "calls of tasks to AWS"),
    ]
    for colour, dashed, text in entries:
        canvas.arrow([(x, y), (x + 34, y)], colour, dashed=dashed)
        canvas.text((x + 42, y), text, size=SMALL, colour=INK)
        x += 76 + 6.2 * len(text)
    assert LANES_LEFT < x < WIDTH
