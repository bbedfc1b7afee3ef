"""What runs the tasks here: containers where an engine answers, else processes."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from mlops_lab.delivery.engine import Engine, choose_engine
from mlops_lab.errors import LabError
from mlops_lab.localcloud.docker_driver import DockerDriver
from mlops_lab.localcloud.driver import Driver
from mlops_lab.localcloud.process_driver import ProcessDriver
from mlops_lab.localcloud.registry import Registry, local_registry
from mlops_lab.settings import LOCAL_ACCOUNT, Settings


@dataclass(frozen=True)
class Runtime:
    """A driver, and the image registry that it pulls from; processes need none."""

    driver: Driver
    registry: Registry | None


def choose_runtime(settings: Settings, cloud: Path, images: Path) -> Runtime:
    """Return what the setting LAB_DRIVER asks for, or what works here; nothing is started.

    Args:
        settings: Driver, region and registry port.
        cloud: Folder of the embedded cloud; it also names its containers.
        images: Folder of the process packages.

    Raises:
        LabError: The setting is docker, and no engine answers or it is on another machine.
    """
    engine = choose_engine(settings.driver)
    if engine is not None and not engine.is_local:
        if settings.driver == "docker":
            raise LabError(f"DOCKER_HOST is {engine.endpoint}, another machine; tasks need an engine on this one.")
        engine = None
    if engine is None:
        return Runtime(ProcessDriver(cloud / "containers", images), None)
    return _containers(settings, cloud, engine)


def _containers(settings: Settings, cloud: Path, engine: Engine) -> Runtime:
    registry = local_registry(cloud / "registry", settings.registry_port, engine.client, engine.network)
    name = f"mlops-lab-{hashlib.sha256(str(cloud).encode()).hexdigest()[:10]}"
    ecr = f"{LOCAL_ACCOUNT}.dkr.ecr.{settings.region}.amazonaws.com"
    return Runtime(DockerDriver(engine.client, name, engine.network, {ecr: registry.host}), registry)
