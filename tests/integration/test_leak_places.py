"""Each place is read to its end: what was planted there, and taken away again, is found."""

import logging
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from mlops_lab import catalog
from mlops_lab.cloud import session
from mlops_lab.security import places
from mlops_lab.security.leaks import Place, look
from mlops_lab.settings import Settings

PLANTED = {"planted": "v3ryS3cretV4lue"}
TEXT = PLANTED["planted"].encode()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@pytest.fixture
def settings(port: int, tmp_path: Path) -> Settings:
    return Settings(TARGET="local", root=tmp_path, cloud_port=port, driver="process")


def found(read: Iterator[bytes]) -> bool:
    return bool(look(Place("it", b"marker", lambda: read), PLANTED).found)


def test_an_older_version_of_the_state_is_read(settings: Settings) -> None:
    s3, bucket = session.client(settings, "s3"), catalog.state_bucket("123456789012")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"marker " + TEXT, b"marker"):
        s3.put_object(Bucket=bucket, Key=catalog.STATE_KEY, Body=body)

    assert found(places.state(settings))


def test_the_log_of_any_task_is_read(settings: Settings) -> None:
    logs, group = session.client(settings, "logs"), catalog.log_group("taxi")
    logs.create_log_group(logGroupName=group)
    for stream, message in (("a", "marker"), ("b", f"oops {PLANTED['planted']}")):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": int(1000 * time.time()), "message": message}],
        )

    assert found(places.logs(settings))


def test_an_older_revision_of_a_task_definition_is_read(settings: Settings) -> None:
    ecs = session.client(settings, "ecs")
    for value in (f"marker {PLANTED['planted']}", "marker"):
        container: Any = {"name": "api", "image": "x", "memory": 1, "environment": [{"name": "A", "value": value}]}
        ecs.register_task_definition(family=catalog.service("income"), containerDefinitions=[container])

    assert found(places.task_definitions(settings))


def test_a_file_that_was_committed_and_removed_is_read(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=tester", "-c", "user.email=tester@example.invalid"]
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "--quiet")
    (tmp_path / "notes").write_bytes(b"marker " + TEXT)
    git("add", "notes")
    git("commit", "--quiet", "--message", "add")
    git("rm", "--quiet", "notes")
    git("commit", "--quiet", "--message", "remove")

    assert found(places.history(tmp_path))


def test_the_files_of_a_package_are_read(settings: Settings) -> None:
    folder = settings.state_dir / "images" / "code" / "abc"
    folder.mkdir(parents=True)
    (folder / "marker.txt").write_bytes(b"marker")
    (folder / "settings.py").write_bytes(b"KEY = '" + TEXT + b"'")

    assert found(places.images(settings))


def test_what_is_not_planted_is_not_found(settings: Settings) -> None:
    folder = settings.state_dir / "logs"
    folder.mkdir(parents=True)
    (folder / "run.log").write_bytes(b"marker")

    assert not found(places.written(settings))


def test_every_value_that_a_parameter_has_had_is_looked_for_and_no_plain_address(settings: Settings) -> None:
    ssm = session.client(settings, "ssm")
    for value in ("first-value-of-it", "second-value-of-it"):
        ssm.put_parameter(Name=catalog.API_KEY_PARAMETER, Value=value, Type="SecureString", Overwrite=True)
    uri, name = catalog.TRACKING_URI_PARAMETER, catalog.DATABASE_USERNAME_PARAMETER
    ssm.put_parameter(Name=uri, Value="http://127.0.0.1:5001", Type="SecureString", Overwrite=True)
    ssm.put_parameter(Name=name, Value="mlflow", Type="SecureString", Overwrite=True)

    assert places.secrets(settings) == {
        f"{catalog.API_KEY_PARAMETER}:1": "first-value-of-it",
        f"{catalog.API_KEY_PARAMETER}:2": "second-value-of-it",
    }
