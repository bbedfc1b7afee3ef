"""The registries that the container engine pushes to: ECR's own, or the embedded cloud's on loopback."""

import hashlib
import re
import subprocess
import tempfile
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from mlops_lab.delivery import ecr
from mlops_lab.delivery.built import Built
from mlops_lab.delivery.engine import Engine
from mlops_lab.errors import LabError

DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})")
MANIFEST_TYPES = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)


@dataclass(frozen=True)
class EcrRegistry:
    """ECR on AWS: the registry is its own control plane."""

    engine: Engine

    def push(self, built: Built, client: Any) -> str:
        """Push unless the tag is there: a tag never changes, and names the sources.

        Raises:
            LabError: The push failed, or ECR reports another digest than the engine.
        """
        if found := ecr.find(client, built.repository, built.tag):
            return found
        registry, user, password = ecr.credentials(client)
        # The password is kept nowhere but in a folder that goes with the push.
        with tempfile.TemporaryDirectory() as folder:
            docker = ["docker", "--config", folder, "--host", self.engine.endpoint]
            _run([*docker, "login", "--username", user, "--password-stdin", registry], password)
            digest = _push(docker, built, registry)
        if (found := ecr.find(client, built.repository, built.tag)) != digest:
            raise LabError(f"ECR names {built.repository}:{built.tag} {found}, pushed was {digest}; push again.")
        return digest


@dataclass(frozen=True)
class LoopbackRegistry:
    """The embedded cloud's registry, which holds the images, beside ECR's control plane, which lists them."""

    host: str

    def push(self, built: Built, client: Any) -> str:
        """Push, read the manifest back, and register it with ECR under the same digest.

        Raises:
            LabError: The registry does not answer, the push failed, or the registry serves another manifest.
        """
        found = ecr.find(client, built.repository, built.tag)
        if found and self.manifest(built.repository, found):
            return found
        digest = _push(["docker"], built, self.host)
        manifest = self.manifest(built.repository, digest)
        if manifest is None or f"sha256:{hashlib.sha256(manifest[0]).hexdigest()}" != digest:
            raise LabError(f"The registry at {self.host} does not serve {digest} as it was pushed; push again.")
        if found and found != digest:  # its content is gone, so the name leads nowhere
            client.batch_delete_image(repositoryName=built.repository, imageIds=[{"imageTag": built.tag}])
        return ecr.put(client, built.repository, built.tag, *manifest)

    def manifest(self, repository: str, reference: str) -> tuple[bytes, str] | None:
        """Return a manifest's bytes and media type by digest or tag, or None where the registry has no such image.

        Raises:
            LabError: The registry does not answer.
        """
        url = f"http://{self.host}/v2/{repository}/manifests/{reference}"
        request = Request(url, headers={"Accept": ", ".join(MANIFEST_TYPES)})
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=10) as answer:
                return answer.read(), answer.headers["Content-Type"]
        except HTTPError as error:
            if error.code == 404:
                return None
            raise LabError(f"The image registry at {self.host} answers {error.code} to {url}; see its log.") from None
        except OSError:
            raise LabError(f"The image registry does not answer at {self.host}; run `make up`.") from None


def _push(docker: list[str], built: Built, registry: str) -> str:
    source, target = f"{built.repository}:{built.tag}", f"{registry}/{built.repository}:{built.tag}"
    _run([*docker, "tag", source, target])
    said = _run([*docker, "push", target])
    match = DIGEST.search(said)
    if match is None:
        raise LabError(f"`docker push {target}` reported no digest: {said.strip()[-200:]!r}; push again.")
    return match[1]


def _run(command: list[str], stdin: str = "") -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True)
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        verb = next(word for word in command if word in ("login", "tag", "push"))
        raise LabError(f"`docker {verb}` failed: {said}; check the registry and its credentials.")
    return done.stdout
