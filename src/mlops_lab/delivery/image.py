"""Builds and pushes an image (a project's, or `jobs`): for containers, or for processes where no engine answers."""

import time
from importlib.metadata import version
from pathlib import Path

from mlops_lab import catalog
from mlops_lab.cloud.session import client, explained
from mlops_lab.delivery import ecr, sbom
from mlops_lab.delivery import recipe as recipes
from mlops_lab.delivery.built import Builder, Built, Image
from mlops_lab.delivery.container_image import ImageBuilder
from mlops_lab.delivery.destination import EcrRegistry, LoopbackRegistry
from mlops_lab.delivery.engine import Engine, choose_engine
from mlops_lab.delivery.environment import Environment, OwnEnvironment
from mlops_lab.delivery.package import Interpreter, Packager
from mlops_lab.delivery.recipe import JOBS, Recipe
from mlops_lab.errors import LabError
from mlops_lab.progress import Say
from mlops_lab.settings import Settings


def publish(name: str, settings: Settings, say: Say) -> Image:
    """Build and push; what is unchanged is neither built nor pushed again.

    Raises:
        LabError: As `build` and `push`.
    """
    return push(build(name, settings, say), settings, say)


def build(name: str, settings: Settings, say: Say) -> Built:
    """Build the image of a project, or `jobs`; neither the cloud nor a registry is asked.

    Raises:
        LabError: The image is unknown, the build failed, or the target runs containers only and no engine answers.
    """
    repository = recipes.repository(name)
    engine = choose_engine(settings.driver)
    builder = _builder(settings, engine, recipes.of(repository))
    if engine is None:
        why = "LAB_DRIVER is process" if settings.driver == "process" else "no container engine answers `docker info`"
        say(f"{why}: packaging to run as a process, no container")
    built = builder.build(repository, say)
    say(f"built {repository}:{built.tag} ({built.told_size}, {built.form} form) in {built.seconds:.1f} s")
    folder = catalog.Paths(settings.root, settings.state_dir).images / "sbom"
    bill, count = sbom.write(folder, built, builder.python(built))
    say(f"{count} Python distributions, listed in {bill}")
    return built


def push(built: Built, settings: Settings, say: Say) -> Image:
    """Put what was built where ECR lists it.

    Raises:
        LabError: ECR has no such repository, the push failed, or the digests differ.
    """
    start = time.monotonic()
    engine = choose_engine("docker") if built.form == "docker" else None
    with explained(settings):
        client_ = client(settings, "ecr")
        uri = ecr.repository_uri(client_, built.repository)
        digest = _builder(settings, engine, recipes.of(built.repository)).push(built, client_)
    seconds = built.seconds + time.monotonic() - start
    say(f"pushed {built.repository}@{digest}")
    return Image(built.repository, digest, built.tag, built.form, built.size_bytes, seconds, f"{uri}@{digest}")


def _builder(settings: Settings, engine: Engine | None, recipe: Recipe) -> Builder:
    if engine is not None:
        destination = LoopbackRegistry(settings.registry) if settings.registry else EcrRegistry(engine)
        return ImageBuilder(engine, settings.root, version(catalog.NAME), settings.image_platform, destination)
    if settings.registry is None:
        raise LabError("AWS runs containers only, and `docker info` gets no answer; start Docker or set DOCKER_HOST.")
    images = catalog.Paths(settings.root, settings.state_dir).images
    return Packager(settings.root, images, _interpreter(settings, images / "environments", recipe))


def _interpreter(settings: Settings, environments: Path, recipe: Recipe) -> Interpreter:
    if recipe is JOBS:
        return OwnEnvironment(settings.root, recipe.extra)
    return Environment(settings.root, environments, recipe.extra)
