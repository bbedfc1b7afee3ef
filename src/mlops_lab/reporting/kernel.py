"""The Python that executes notebooks: this environment's, told about the target, whatever kernels are installed."""

from collections.abc import Mapping
from typing import Any

import traitlets
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from traitlets.config import Config


class LabKernelManager(AsyncKernelManager):
    """Starts ipykernel with this interpreter and in the environment it is configured with."""

    environment: dict[str, str] = traitlets.Dict().tag(config=True)  # type: ignore[assignment]

    @traitlets.default("kernel_spec_manager")
    def _own_interpreter(self) -> KernelSpecManager:
        """Search no folders: the native kernel that is left starts `sys.executable`."""
        return KernelSpecManager(parent=self, kernel_dirs=[])

    async def _async_start_kernel(self, **arguments: Any) -> None:
        await super()._async_start_kernel(**arguments | {"env": dict(self.environment)})

    start_kernel = _async_start_kernel


def engine_arguments(environment: Mapping[str, str], folder: str) -> dict[str, Any]:
    """Return what papermill hands on to nbclient so that the kernel is ours and works in the folder."""
    return {
        "kernel_manager_class": LabKernelManager,
        "config": Config({"LabKernelManager": {"environment": dict(environment), "transport_encryption": "auto"}}),
        "resources": {"metadata": {"path": folder}},
    }
