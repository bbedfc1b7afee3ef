"""Finds a terraform binary, or downloads the pinned release and checks it against the checksums below."""

import hashlib
import http.client
import json
import platform
import shutil
import subprocess
import tempfile
import urllib.request
import zipfile
from pathlib import Path
from typing import IO
from urllib.error import HTTPError

from mlops_lab.catalog import Paths
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

MINIMUM = (1, 11)
PINNED = "1.11.4"
# SHA-256 of terraform_1.11.4_<platform>.zip, as HashiCorp's signed SHA256SUMS and Homebrew tap publish them.
CHECKSUMS = {
    "darwin_amd64": "a56d5002b9f7647291faccc3dd1a70350e60fb61e4c45037629508b8fdc2575b",
    "darwin_arm64": "867e0808fa971217043e25b7a792b10720c79b1546f8a68479b74f138be73e18",
    "linux_amd64": "1ce994251c00281d6845f0f268637ba50c0005657eb3cf096b92f753b42ef4dc",
    "linux_arm64": "a43d1d0da9b9bab214a8305a39db0e40869572594ccf50c416a7756499143633",
}
MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
CHUNK = 1 << 20


def find(settings: Settings) -> Path:
    """Return the binary that LAB_TERRAFORM names, else one on PATH from version 1.11, else a verified download.

    Raises:
        LabError: The named one cannot be used, or the download failed or is not what was pinned.
    """
    if settings.terraform is not None:
        return _named(settings, settings.terraform)
    on_path = shutil.which("terraform")
    if on_path and (_version(settings, Path(on_path)) or (0,)) >= MINIMUM:
        return Path(on_path)
    kept = Paths(settings.root, settings.state_dir).bin / f"terraform-{PINNED}"
    if not kept.exists():
        download(settings.terraform_mirror, this_platform(), kept)
    return kept


def this_platform() -> str:
    """Name this machine as Terraform's releases do: ``linux_amd64``."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{MACHINES.get(machine, machine)}"


def download(mirror: str, name: str, target: Path, checksums: dict[str, str] | None = None) -> None:
    """Download the pinned release for a platform, verify it and put its binary at the target.

    Raises:
        LabError: No checksum is pinned for the platform, the mirror cannot be reached, or the archive is another one.
    """
    expected = (CHECKSUMS if checksums is None else checksums).get(name)
    if expected is None:
        raise LabError(f"No Terraform {PINNED} is pinned for {name}; install Terraform and set LAB_TERRAFORM.")
    url = f"{mirror.rstrip('/')}/{PINNED}/terraform_{PINNED}_{name}.zip"
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        archive = Path(folder) / "terraform.zip"
        _fetch(url, archive)
        _verify(archive, expected, url)
        binary = _unpack(archive, Path(folder), url)
        binary.chmod(0o755)
        binary.replace(target)


def _named(settings: Settings, path: Path) -> Path:
    found = _version(settings, path)
    if found is None:
        raise LabError(f"LAB_TERRAFORM is {path}, which does not run as Terraform; name a terraform binary.")
    if found < MINIMUM:
        version = ".".join(map(str, found))
        raise LabError(f"LAB_TERRAFORM is {path}, version {version}; use 1.11 or newer, or unset it to download one.")
    return path.resolve()


def _version(settings: Settings, path: Path) -> tuple[int, ...] | None:
    environment = settings.child_environment(TF_CLI_CONFIG_FILE="", CHECKPOINT_DISABLE="1")
    command = [str(path), "version", "-json"]
    try:
        answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
        text = str(json.loads(answer.stdout)["terraform_version"])
        return tuple(int(part) for part in text.partition("-")[0].split("."))
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return None


def _fetch(url: str, archive: Path) -> None:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, archive.open("wb") as file:
            announced = answer.headers.get("Content-Length")
            received = _copy(answer, file)
    except HTTPError as error:
        raise LabError(f"{url} answered {error.code} {error.reason}; check LAB_TERRAFORM_MIRROR.") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise LabError(f"{url} cannot be downloaded ({reason}); install Terraform or set LAB_TERRAFORM.") from error
    if announced is not None and received != int(announced):
        raise LabError(f"{url} ended after {received} of {announced} bytes; try again.")


def _copy(source: http.client.HTTPResponse, file: IO[bytes]) -> int:
    received = 0
    while chunk := source.read(CHUNK):
        received += file.write(chunk)
    return received


def _verify(archive: Path, expected: str, url: str) -> None:
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise LabError(f"{url} has SHA-256 {found}, not {expected}; it was not installed: check LAB_TERRAFORM_MIRROR.")


def _unpack(archive: Path, folder: Path, url: str) -> Path:
    try:
        with zipfile.ZipFile(archive) as content:
            return Path(content.extract("terraform", folder))
    except (zipfile.BadZipFile, KeyError) as error:
        raise LabError(f"{url} holds no terraform binary ({error}); check LAB_TERRAFORM_MIRROR.") from error
