"""Every service but S3 asks the policies of the role whose credentials a call carries."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.responses import BaseResponse
from moto.core.utils import get_service_model
from moto.ecs.exceptions import ECSException
from moto.ecs.models import ecs_backends
from moto.utilities.utils import get_partition
from werkzeug.exceptions import HTTPException

from mlops_lab.localcloud.plane.extension.access.needs import Place, needs
from mlops_lab.localcloud.plane.extension.access.roles import caller

STATUS: Mapping[str, int] = {"json": 400}  # protocol -> status of a refusal; 403 by default
XML = """<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{message}</Message></Error>\
</ErrorResponse>"""


class RefusedError(HTTPException):  # type: ignore[misc]
    """A call that the caller's role may not make, in the words of the call's protocol."""

    def __init__(self, protocol: str, message: str) -> None:
        super().__init__()
        self.code = STATUS.get(protocol, 403)
        if "json" in protocol:
            self.description = json.dumps({"__type": "AccessDeniedException", "message": message})
        else:
            self.description = XML.format(message=escape(message))


def authorize(response: BaseResponse, resource: str = "*") -> None:
    """Refuse what the role of temporary credentials may not do.

    Raises:
        RefusedError: No policy of the role allows it, or one denies it.
    """
    role = caller(response.get_access_key(), response.current_account, response.region)
    if role is None:
        return
    model = get_service_model(response.boto3_service_name)
    region = response.region
    place = Place(get_partition(region), region, role.account, partial(_definition, role.account, region))
    for need in list(needs(model.signing_name, response._get_action(), _input(response), place)):
        if not role.may(need.action, need.resource, need.context):
            message = f"User: {role.arn} is not authorized to perform: {need.action} on resource: {need.resource}"
            raise RefusedError(response.determine_response_protocol(model), message)


def install() -> None:
    """Replace moto's question."""
    ActionAuthenticatorMixin._authenticate_and_authorize_normal_action = authorize


def _input(response: BaseResponse) -> Mapping[str, Any]:
    """Return the parameters as the API spells them, whatever the protocol; moto's own reading of them is left alone."""
    before = response.__dict__.get("params")
    try:
        response.parse_parameters(response.normalized_request)
        parsed: Mapping[str, Any] = response.params
        return parsed
    finally:
        if before is None:
            response.__dict__.pop("params", None)
        else:
            response.params = before


def _definition(account: str, region: str, name: str) -> Mapping[str, Any]:
    try:
        found = ecs_backends[account][region].describe_task_definition(name)
    except ECSException:
        return {}
    return {
        "taskDefinitionArn": found.arn,
        "executionRoleArn": getattr(found, "execution_role_arn", None),
        "taskRoleArn": getattr(found, "task_role_arn", None),
    }
