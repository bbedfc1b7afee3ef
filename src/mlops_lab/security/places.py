"""The places that a secret could have got to: Terraform's state and plan, logs, task definitions, images, history."""

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from docker.errors import ImageNotFound  # type: ignore[import-untyped]

from mlops_lab import catalog, projects
from mlops_lab.cloud.session import account, client
from mlops_lab.delivery.engine import choose_engine
from mlops_lab.errors import LabError
from mlops_lab.infrastructure.terraform import Terraform
from mlops_lab.security.leaks import Place, secret_part
from mlops_lab.settings import Settings

CHUNK = 1 << 20


def secrets(settings: Settings) -> dict[str, str]:
    """Return every value that the lab's SecureStrings hold or held, by parameter and version.

    A user name and an address without a password are kept as SecureStrings too, and are nothing to look for.
    """
    ssm = client(settings, "ssm")
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=f"/{catalog.NAME}/", Recursive=True)
    names = [each["Name"] for page in pages for each in page["Parameters"] if each["Type"] == "SecureString"]
    held = {
        f"{name}:{each['Version']}": secret_part(each["Value"])
        for name in names
        if name != catalog.DATABASE_USERNAME_PARAMETER
        for page in ssm.get_paginator("get_parameter_history").paginate(Name=name, WithDecryption=True)
        for each in page["Parameters"]
    }
    return {name: value for name, value in held.items() if value is not None}


def places(settings: Settings, planted: Mapping[str, str]) -> list[Place]:
    """Return all places of the target and of this checkout.

    Args:
        settings: Where.
        planted: Variables of Terraform's that a plan is made with, secrets among them.
    """
    return [
        Place("every version of Terraform's state", catalog.API_KEY_PARAMETER.encode(), lambda: state(settings)),
        Place("a plan that writes every secret", catalog.API_KEY_PARAMETER.encode(), lambda: plan(settings, planted)),
        Place("the tasks' logs", b'"event": "start"', lambda: logs(settings)),
        Place("every task definition", catalog.API_KEY_PARAMETER.encode(), lambda: task_definitions(settings)),
        Place("the images", b"mlops_lab", lambda: images(settings)),
        Place("the repository's whole history", b"API_KEY_PARAMETER", lambda: history(settings.root)),
        Place("what the lab wrote on this machine", b"terraform", lambda: written(settings)),
    ]


def state(settings: Settings) -> Iterator[bytes]:
    """Yield every version of the state, and the bootstrap's own state."""
    s3, bucket = client(settings, "s3"), catalog.state_bucket(account(settings))
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for each in page.get("Versions", []):
            body = s3.get_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])["Body"]
            yield from body.iter_chunks(CHUNK)
    yield from files(settings.state_dir / "terraform", "**/*.tfstate*")


def plan(settings: Settings, planted: Mapping[str, str]) -> Iterator[bytes]:
    """Yield a plan with these variables as `terraform show -json` writes it."""
    yield json.dumps(Terraform(settings).plan_json(planted)).encode()


def logs(settings: Settings) -> Iterator[bytes]:
    """Yield every line that the lab's tasks logged."""
    cloudwatch = client(settings, "logs")
    groups = cloudwatch.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"/ecs/{catalog.NAME}/")
    for name in [each["logGroupName"] for page in groups for each in page["logGroups"]]:
        for page in cloudwatch.get_paginator("filter_log_events").paginate(logGroupName=name):
            yield "\n".join([each["message"] for each in page["events"]] + [""]).encode()


def task_definitions(settings: Settings) -> Iterator[bytes]:
    """Yield every revision of every task definition of the lab."""
    ecs = client(settings, "ecs")
    for page in ecs.get_paginator("list_task_definitions").paginate():
        for arn in page["taskDefinitionArns"]:
            if f"/{catalog.NAME}-" in arn:
                definition = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
                yield json.dumps(definition, default=str).encode()


def images(settings: Settings) -> Iterator[bytes]:
    """Yield the layers of the lab's images on this machine's engine, or the files of its process packages."""
    engine = choose_engine(settings.driver)
    if engine is None:
        yield from files(settings.state_dir / "images", "**/*")
        return
    for name in _published(settings):
        with suppress(ImageNotFound):  # an older one that the engine has let go of
            yield from engine.client.get_image(name)


def history(root: Path) -> Iterator[bytes]:
    """Yield every object of a git repository: files, commits, tags, on any branch or on none.

    Raises:
        LabError: git is missing or refuses.
    """
    command = ["git", "cat-file", "--batch", "--batch-all-objects", "--unordered"]
    try:
        with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            while chunk := process.stdout.read(CHUNK):
                yield chunk
            said = process.stderr.read().decode()
    except OSError as error:
        raise LabError(f"git does not run in {root}: {error}.") from None
    if process.returncode != 0:
        raise LabError(f"The history of {root} cannot be read: {' '.join(said.split())}.")


def written(settings: Settings) -> Iterator[bytes]:
    """Yield the lab's own logs and its reports."""
    yield from files(settings.state_dir / "logs", "**/*")
    yield from files(catalog.Paths(settings.root, settings.state_dir).reports, "**/*")


def files(folder: Path, pattern: str) -> Iterator[bytes]:
    """Yield what the files below a folder hold; a file that is gone meanwhile holds nothing."""
    for path in sorted(folder.glob(pattern)):
        if path.is_file():
            yield from _chunks(path)


def _chunks(path: Path) -> Iterable[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except FileNotFoundError:
        return


def _published(settings: Settings) -> list[str]:
    """The images that ECR lists, as this machine's engine knows what was pushed; one of the same layers once."""
    ecr, names = client(settings, "ecr"), dict[str, str]()
    for repository in (*projects.repositories().values(), catalog.JOBS_REPOSITORY):
        for page in ecr.get_paginator("describe_images").paginate(repositoryName=repository):
            for each in page["imageDetails"]:
                names |= {tag: f"{repository}:{tag}" for tag in each.get("imageTags", ())}
    return list(names.values())
