"""ECS operations on tasks and services."""

from typing import Any

import moto.ecs.urls
from moto.core.responses import ActionResult
from moto.ecs.models import ecs_backends
from moto.ecs.responses import EC2ContainerServiceResponse

from mlops_lab.localcloud.plane.extension.ecs.backend import EcsBackend
from mlops_lab.localcloud.plane.extension.ecs.service import Service
from mlops_lab.localcloud.plane.extension.routes import extend, route

PAGE = 100  # the largest page of ListTasks


class EcsResponse(EC2ContainerServiceResponse):  # type: ignore[misc]
    """Moto's operations, with those on tasks and services replaced."""

    @property
    def _ecs(self) -> EcsBackend:
        backend: EcsBackend = self.ecs_backend
        return backend

    @property
    def _with_tags(self) -> bool:
        return "TAGS" in self._get_param("include", [])

    def run_task(self) -> ActionResult:
        """RunTask."""
        created = self._ecs.run(self.params)
        return ActionResult({"tasks": [task.describe(with_tags=True) for task in created], "failures": []})

    def describe_tasks(self) -> ActionResult:
        """DescribeTasks."""
        tasks, failures = self._ecs.find_tasks(self._get_param("cluster", "default"), self._get_param("tasks", []))
        return ActionResult({"tasks": [task.describe(self._with_tags) for task in tasks], "failures": failures})

    def list_tasks(self) -> ActionResult:
        """ListTasks."""
        arns = [task.task_arn for task in self._ecs.select_tasks(self.params)]
        start = int(self._get_param("nextToken") or 0)
        end = start + min(self._get_int_param("maxResults", PAGE), PAGE)
        more = {"nextToken": str(end)} if end < len(arns) else {}
        return ActionResult({"taskArns": arns[start:end], **more})

    def stop_task(self) -> ActionResult:
        """StopTask."""
        return ActionResult({"task": self._ecs.stop(self.params).describe(with_tags=True)})

    def submit_task_state_change(self) -> ActionResult:
        """SubmitTaskStateChange, which agents call."""
        self._ecs.submit(self.params)
        return ActionResult({"acknowledgment": self.params["task"]})

    def create_service(self) -> ActionResult:
        """CreateService."""
        return self._described(self._ecs.new_service(self.params))

    def update_service(self) -> ActionResult:
        """UpdateService."""
        return self._described(self._ecs.change_service(self.params))

    def delete_service(self) -> ActionResult:
        """DeleteService."""
        return self._described(self._ecs.end_service(self.params))

    def describe_services(self) -> ActionResult:
        """DescribeServices."""
        services, failures = self._ecs.describe_services(
            self._get_param("cluster", "default"), self._get_param("services", [])
        )
        shown = [self._describe(service, self._with_tags) for service in services]
        return ActionResult({"services": shown, "failures": failures})

    def _described(self, service: Service) -> ActionResult:
        return ActionResult({"service": self._describe(service, with_tags=True)})

    def _describe(self, service: Service, with_tags: bool) -> dict[str, Any]:
        return service.describe(self._ecs.tasks_of(service), with_tags)


def install() -> None:
    """Replace moto's ECS backend and operations."""
    extend(ecs_backends, EcsBackend, moto.ecs.urls)
    route(moto.ecs.urls, EcsResponse)
