"""What a build gives, whichever form it has."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from mlops_lab.progress import Say

MEGABYTE = 1_000_000
Form = Literal["docker", "process"]


@dataclass(frozen=True)
class Built:
    """An image or a process package on this machine."""

    repository: str
    id: str  # "sha256:<hex>": the engine's image id, or the digest of a package's manifest
    tag: str  # names the sources: other sources have another tag
    form: Form
    size_bytes: int  # unpacked
    seconds: float
    base_bytes: int = 0  # of these, the base image's; 0: not known

    @property
    def told_size(self) -> str:
        """Its size in words."""
        whole = f"{self.size_bytes / MEGABYTE:.0f} MB"
        return (
            f"{whole}, {(self.size_bytes - self.base_bytes) / MEGABYTE:.0f} over its base" if self.base_bytes else whole
        )


@dataclass(frozen=True)
class Image:
    """What ECR lists."""

    repository: str
    digest: str  # "sha256:<hex>" of the manifest
    tag: str
    form: Form
    size_bytes: int
    seconds: float  # of build and push
    uri: str  # "<registry>/<repository>@sha256:<hex>", for a task definition


class Builder(Protocol):
    """Builds one form and brings it to where tasks get it from."""

    def build(self, repository: str, say: Say) -> Built:
        """Build; what is there already is not built again."""

    def python(self, built: Built) -> list[str]:
        """Return the command that runs its interpreter."""

    def push(self, built: Built, ecr: Any) -> str:
        """Put it where ECR lists it, and return the digest."""
