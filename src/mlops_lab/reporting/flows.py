"""The diagram's arrows: requests in, from the internet to the tasks, and calls out, from the tasks to AWS."""

from mlops_lab.reporting.architecture import Route
from mlops_lab.reporting.canvas import SMALL, Box, Canvas, Point
from mlops_lab.reporting.frame import PANEL_LEFT, VPC_LEFT, Frame
from mlops_lab.reporting.palette import COLOURS, LOOKS

TRUNK, FORK = VPC_LEFT + 18, VPC_LEFT + 158  # x of the line down to the rules, and of where a rule's two ways part
CHANNEL, STORAGE_LANE, API_LANE = 852.0, 938.0, 950.0  # x of the lines beside the subnets and beside the panel
BRACKET = 7.0  # pixels between the shelves and the line that holds them together
REQUEST, CALL = COLOURS["request"], COLOURS["call"]


def draw(canvas: Canvas, frame: Frame) -> None:
    """Draw every arrow; boxes that are drawn later cover what runs beneath them."""
    _into_balancer(canvas, frame)
    for route in frame.shape.routes:
        _to_services(canvas, frame, route)
    _to_internet(canvas, frame)
    _to_endpoints(canvas, frame)
    _to_storage(canvas, frame)


def _into_balancer(canvas: Canvas, frame: Frame) -> None:
    if (row := frame.row("balancer")) is not None:
        x = frame.clients.middle[0]
        canvas.arrow([(x, frame.clients.bottom), (x, frame.gateway.y)], REQUEST)
        canvas.arrow([(x, frame.gateway.bottom), (x, row.y)], REQUEST)
        canvas.text((TRUNK + 8, row.middle[1] - 10), _called(frame), size=SMALL, room=row.x - TRUNK - 16)


def _called(frame: Frame) -> str:
    rules = [each for each in frame.shape.permissions if not each.inward and each.peer in frame.shape.task_groups]
    return ", ".join(f"{each.ports} to {each.peer}" for each in rules)


def _to_services(canvas: Canvas, frame: Frame, route: Route) -> None:
    balancer, block = frame.row("balancer"), frame.row("tasks")
    if balancer is None or block is None or not route.services:
        return
    rows = [frame.service_rows[service.name] for service in route.services]
    middle = (rows[0].y + rows[-1].bottom) / 2
    rule = Box(TRUNK + 16, middle - 20, FORK - TRUNK - 30, 40)
    start = balancer.middle[1]
    canvas.arrow([(balancer.x, start), (TRUNK, start), (TRUNK, middle), (rule.x, middle)], REQUEST)
    canvas.box(rule, LOOKS["rule"], layer=4)
    canvas.text((rule.middle[0], middle - 8), "path", size=SMALL, side="center")
    canvas.text(
        (rule.middle[0], middle + 8), route.paths[-1], size=SMALL, bold=True, side="center", room=rule.width - 8
    )
    for service, row in zip(route.services, rows, strict=True):
        y, idle = row.middle[1], service.weight == 0
        canvas.arrow([(rule.right, middle), (FORK, middle), (FORK, y), (block.x, y)], REQUEST, dashed=idle)
        canvas.text(((FORK + block.x) / 2, y - 9), f"{service.share:.0%}", size=SMALL, bold=True, side="center")


def _to_internet(canvas: Canvas, frame: Frame) -> None:
    block, gateway = frame.row("tasks"), frame.gateway
    if block is None or not (frame.nat_boxes or frame.tasks_are_public):
        return
    sources = [_through(canvas, block, box) for box in frame.nat_boxes] or [(block.right, block.y + 25)]
    for x, y in sources:
        canvas.arrow([(x, y), (CHANNEL, y), (CHANNEL, gateway.bottom)], CALL)
    canvas.arrow([(gateway.right, gateway.middle[1]), (API_LANE, gateway.middle[1]), *_into(frame.api_box)], CALL)
    _bracket(canvas, frame.api_box)


def _through(canvas: Canvas, block: Box, nat: Box) -> Point:
    x = nat.right - 16
    canvas.arrow([(x, block.y), (x, nat.bottom)], CALL)
    return nat.right, nat.middle[1]


def _to_endpoints(canvas: Canvas, frame: Frame) -> None:
    block = frame.row("tasks")
    if block is None or not frame.endpoint_boxes:
        return
    for box, _ in frame.endpoint_boxes:
        canvas.arrow([(box.middle[0], block.bottom), (box.middle[0], box.y)], CALL)
    last = frame.endpoint_boxes[-1][0]
    canvas.arrow([(last.right, last.middle[1]), (API_LANE, last.middle[1]), *_into(frame.api_box)], CALL)
    _bracket(canvas, frame.api_box)


def _to_storage(canvas: Canvas, frame: Frame) -> None:
    block, pill = frame.row("tasks"), frame.storage_endpoint
    target = frame.shelf_boxes.get("S3: buckets")
    if block is None or pill is None or target is None:
        return
    y = pill.middle[1]
    canvas.arrow([(block.right, y), (pill.x, y)], CALL)
    end = target.middle[1]
    canvas.arrow([(pill.right, y), (STORAGE_LANE, y), (STORAGE_LANE, end), (PANEL_LEFT, end)], CALL)


def _into(box: Box) -> list[Point]:
    return [(API_LANE, box.middle[1]), (box.x - BRACKET, box.middle[1])]


def _bracket(canvas: Canvas, box: Box) -> None:
    x = box.x - BRACKET
    canvas.arrow([(box.x, box.y), (x, box.y), (x, box.bottom), (box.x, box.bottom)], CALL, head=False)
