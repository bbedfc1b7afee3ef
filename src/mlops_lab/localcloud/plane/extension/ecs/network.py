"""The network interface of an awsvpc task: it comes with the task and goes with it."""

from contextlib import suppress
from typing import Any

from moto.ec2.exceptions import InvalidNetworkInterfaceIdError, InvalidSubnetIdError
from moto.ecs.exceptions import InvalidParameterException
from moto.moto_api._internal import mock_random

from mlops_lab.localcloud.plane.extension.ecs.task import Json, Task


def attach(task: Task, ec2: Any, configuration: Json | None) -> None:
    """Give a task an interface in one of the configured subnets."""
    if not configuration:
        raise InvalidParameterException(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )
    chosen = configuration["awsvpcConfiguration"]
    place = subnet(ec2, mock_random.choice(chosen["subnets"]))
    interface = ec2.create_network_interface(
        place, None, group_ids=chosen.get("securityGroups", []), description=task.task_arn
    )
    interface.status = "in-use"
    task.availability_zone = place.availability_zone
    task.attachments.append(_attachment(place.id, interface))


def _attachment(subnet_id: str, interface: Any) -> Json:
    address = interface.private_ip_address
    details = {
        "subnetId": subnet_id,
        "networkInterfaceId": interface.id,
        "macAddress": interface.mac_address,
        "privateDnsName": f"ip-{address.replace('.', '-')}.ec2.internal",
        "privateIPv4Address": address,
    }
    return {
        "id": str(mock_random.uuid4()),
        "type": "ElasticNetworkInterface",
        "status": "ATTACHED",
        "details": [{"name": name, "value": value} for name, value in details.items()],
    }


def detach(task: Task, ec2: Any) -> None:
    """Delete a stopped task's interface."""
    for attachment in task.attachments:
        details = {detail["name"]: detail["value"] for detail in attachment["details"]}
        with suppress(InvalidNetworkInterfaceIdError):  # somebody else was faster
            ec2.delete_network_interface(details["networkInterfaceId"])


def subnet(ec2: Any, name: str) -> Any:
    """Return a subnet, or refuse as ECS does."""
    try:
        return ec2.get_subnet(name)
    except InvalidSubnetIdError as error:
        raise InvalidParameterException(
            f"Error retrieving subnet information for [{name}]: {error.message} (ErrorCode: {error.code})"
        ) from None
