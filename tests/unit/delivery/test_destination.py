import hashlib
import http.server
import stat
import threading
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_lab.delivery.built import Built
from mlops_lab.delivery.destination import EcrRegistry, LoopbackRegistry
from mlops_lab.delivery.engine import Engine
from mlops_lab.errors import LabError

MANIFEST = b'{"schemaVersion": 2}'
MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"
OTHER = f"sha256:{'0' * 64}"
BUILT = Built("app", "sha256:1", "abc", "docker", 1, 1.0)
CLIENT = """#!/bin/sh
echo "$@" >> {folder}/calls
case "$*" in *login*) cat > {folder}/password; find "$2" >> {folder}/calls ;; esac
case "$*" in *push*) echo "abc: digest: {digest} size: 1" ;; esac
exit {code}
"""


class FakeEcr:
    """A repository by tag, and a token for the registry."""

    def __init__(self, tags: dict[str, str] | None = None, after: dict[str, str] | None = None):
        self.tags = tags or {}
        self._after = after or {}  # what is there once the token was given out, as after a push
        self.put: list[dict[str, str]] = []

    def describe_images(self, repositoryName: str, imageIds: list[dict[str, str]]) -> dict[str, Any]:
        tag = imageIds[0]["imageTag"]
        if tag not in self.tags:
            raise ClientError({"Error": {"Code": "ImageNotFoundException"}}, "DescribeImages")
        return {"imageDetails": [{"imageDigest": self.tags[tag]}]}

    def batch_delete_image(self, repositoryName: str, imageIds: list[dict[str, str]]) -> None:
        del self.tags[imageIds[0]["imageTag"]]

    def put_image(self, **request: str) -> dict[str, Any]:
        self.put.append(request)
        return {"image": {"imageId": {"imageDigest": request["imageDigest"]}}}

    def get_authorization_token(self) -> dict[str, Any]:
        self.tags |= self._after
        token = b64encode(b"AWS:the password").decode()
        return {"authorizationData": [{"authorizationToken": token, "proxyEndpoint": "https://1.dkr.example.com"}]}


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker client on PATH that notes what it is asked, and pushes the manifest."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    say(tmp_path)
    return tmp_path / "calls"


def say(folder: Path, digest: str = DIGEST, code: int = 0) -> None:
    client = folder / "docker"
    client.write_text(CLIENT.format(folder=folder, digest=digest, code=code))
    client.chmod(stat.S_IRWXU)


@pytest.fixture
def registry() -> Iterator[LoopbackRegistry]:
    """A registry that holds the manifest."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == f"/v2/app/manifests/{DIGEST}" and MEDIA_TYPE in self.headers["Accept"]
            self.send_response(200 if known else 404)
            self.send_header("Content-Type", MEDIA_TYPE)
            self.end_headers()
            self.wfile.write(MANIFEST if known else b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield LoopbackRegistry(f"127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    server.server_close()


def aws() -> EcrRegistry:
    return EcrRegistry(Engine("unix:///engine.sock", "1", "", has_default_network=True))


def test_what_the_registry_holds_is_registered_with_ecr_byte_for_byte(registry: LoopbackRegistry, calls: Path):
    ecr = FakeEcr()

    digest = registry.push(BUILT, ecr)

    assert digest == DIGEST
    (put,) = ecr.put
    assert put["imageManifest"].encode() == MANIFEST
    assert (put["imageTag"], put["imageManifestMediaType"]) == ("abc", MEDIA_TYPE)


def test_what_both_have_already_is_not_pushed_again(registry: LoopbackRegistry, calls: Path):
    assert registry.push(BUILT, FakeEcr({"abc": DIGEST})) == DIGEST

    assert not calls.exists()


def test_a_tag_whose_content_the_registry_has_lost_is_pushed_anew(registry: LoopbackRegistry, calls: Path):
    ecr = FakeEcr({"abc": OTHER})

    assert registry.push(BUILT, ecr) == DIGEST

    assert [put["imageDigest"] for put in ecr.put] == [DIGEST]


def test_a_registry_that_does_not_serve_what_was_pushed_is_an_error(
    registry: LoopbackRegistry, calls: Path, tmp_path: Path
):
    say(tmp_path, digest=OTHER)

    with pytest.raises(LabError, match=f"does not serve {OTHER}"):
        registry.push(BUILT, FakeEcr())


def test_a_registry_that_does_not_answer_says_what_to_start(calls: Path):
    with pytest.raises(LabError, match=r"does not answer at 127\.0\.0\.1:1; run `make up`"):
        LoopbackRegistry("127.0.0.1:1").push(BUILT, FakeEcr({"abc": DIGEST}))


def test_a_failed_push_is_one_line(registry: LoopbackRegistry, calls: Path, tmp_path: Path):
    say(tmp_path, code=1)

    with pytest.raises(LabError, match=r"`docker tag` failed"):
        registry.push(BUILT, FakeEcr())


def test_the_password_of_ecr_goes_through_stdin_and_is_kept_nowhere(calls: Path, tmp_path: Path):
    digest = aws().push(BUILT, FakeEcr(after={"abc": DIGEST}))

    assert digest == DIGEST
    assert (tmp_path / "password").read_text() == "the password"
    asked = calls.read_text()
    assert "login --username AWS --password-stdin 1.dkr.example.com" in asked
    assert "push 1.dkr.example.com/app:abc" in asked
    assert "the password" not in asked
    assert not Path(asked.split()[1]).exists()


def test_ecr_s_own_tag_is_not_pushed_again(calls: Path):
    assert aws().push(BUILT, FakeEcr({"abc": DIGEST})) == DIGEST

    assert not calls.exists()


def test_ecr_that_names_another_digest_than_the_engine_is_an_error(calls: Path):
    with pytest.raises(LabError, match=f"app:abc {OTHER}, pushed was {DIGEST}"):
        aws().push(BUILT, FakeEcr(after={"abc": OTHER}))
