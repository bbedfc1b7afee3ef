import hashlib
import io
import stat
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mlops_lab.errors import LabError
from mlops_lab.infrastructure import binary
from mlops_lab.settings import Settings

NAME = "linux_amd64"
RELEASE = f"/{binary.PINNED}/terraform_{binary.PINNED}_{NAME}.zip"


def archive(member: str = "terraform") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr(member, '#!/bin/sh\necho \'{"terraform_version": "1.11.4"}\'\n')
    return content.getvalue()


def sha256(content: bytes) -> dict[str, str]:
    return {NAME: hashlib.sha256(content).hexdigest()}


class Mirror(ThreadingHTTPServer):
    """Serves one body at the release's address and nothing else."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.body = archive()
        self.announced: int | None = None
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.path != RELEASE:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(self.server.announced or len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with Mirror() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def program(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho \'{{"terraform_version": "{version}"}}\'\n')
    path.chmod(0o755)
    return path


def settings(tmp_path: Path, **fields: object) -> Settings:
    return Settings(root=tmp_path, state=Path(".lab"), **fields)  # type: ignore[arg-type]


def test_a_release_with_the_pinned_checksum_becomes_an_executable(mirror: Mirror, tmp_path: Path) -> None:
    target = tmp_path / "bin" / "terraform"

    binary.download(mirror.url, NAME, target, sha256(mirror.body))

    assert target.read_bytes().startswith(b"#!/bin/sh")
    assert target.stat().st_mode & stat.S_IXUSR
    assert list(target.parent.iterdir()) == [target]


def test_a_release_with_another_checksum_is_not_installed(mirror: Mirror, tmp_path: Path) -> None:
    target = tmp_path / "bin" / "terraform"

    with pytest.raises(LabError, match=r"has SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}; it was not installed"):
        binary.download(mirror.url, NAME, target, {NAME: "0" * 64})

    assert list(target.parent.iterdir()) == []


def test_a_download_that_ends_early_is_told_as_such(mirror: Mirror, tmp_path: Path) -> None:
    mirror.announced = len(mirror.body) + 1000

    with pytest.raises(LabError, match=rf"ended after {len(mirror.body)} of {mirror.announced} bytes; try again"):
        binary.download(mirror.url, NAME, tmp_path / "terraform", sha256(mirror.body))


def test_a_mirror_without_the_release_is_told_with_its_answer(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"/elsewhere/.* answered 404 Not Found; check LAB_TERRAFORM_MIRROR"):
        binary.download(f"{mirror.url}/elsewhere", NAME, tmp_path / "terraform", sha256(mirror.body))


def test_no_network_says_what_to_do(mirror: Mirror, tmp_path: Path) -> None:
    mirror.shutdown()
    mirror.server_close()

    with pytest.raises(LabError, match=r"cannot be downloaded \(.*refused.*\); install Terraform or set LAB_TERRAFORM"):
        binary.download(mirror.url, NAME, tmp_path / "terraform", sha256(mirror.body))


def test_an_archive_without_terraform_is_refused(mirror: Mirror, tmp_path: Path) -> None:
    mirror.body = archive("README")

    with pytest.raises(LabError, match="holds no terraform binary"):
        binary.download(mirror.url, NAME, tmp_path / "terraform", sha256(mirror.body))


def test_a_platform_without_a_pin_downloads_nothing(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"No Terraform 1\.11\.4 is pinned for plan9_mips"):
        binary.download(mirror.url, "plan9_mips", tmp_path / "terraform")

    assert mirror.asked == []


def test_every_error_is_one_line(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(LabError) as error:
        binary.download(mirror.url, NAME, tmp_path / "terraform", {NAME: "0" * 64})

    assert "\n" not in str(error.value)


def test_the_named_binary_is_used(tmp_path: Path) -> None:
    named = program(tmp_path / "named" / "terraform", "1.12.0")

    assert binary.find(settings(tmp_path, terraform=named)) == named


def test_a_named_binary_that_is_too_old_is_refused(tmp_path: Path) -> None:
    named = program(tmp_path / "named" / "terraform", "1.5.7")

    with pytest.raises(LabError, match=r"version 1\.5\.7; use 1\.11 or newer"):
        binary.find(settings(tmp_path, terraform=named))


def test_a_named_file_that_is_no_terraform_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="does not run as Terraform"):
        binary.find(settings(tmp_path, terraform=tmp_path / "nothing"))


def test_a_new_enough_binary_on_path_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = program(tmp_path / "path" / "terraform", "1.11.0-beta1")
    monkeypatch.setenv("PATH", f"{found.parent}:/bin:/usr/bin")

    assert binary.find(settings(tmp_path)) == found


def test_an_old_binary_on_path_is_passed_over_for_the_kept_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = program(tmp_path / "path" / "terraform", "1.10.5")
    kept = program(tmp_path / ".lab" / "bin" / f"terraform-{binary.PINNED}", binary.PINNED)
    monkeypatch.setenv("PATH", f"{old.parent}:/bin:/usr/bin")

    assert binary.find(settings(tmp_path)) == kept


def test_without_any_binary_the_pinned_release_is_asked_of_the_mirror(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(binary, "this_platform", lambda: NAME)

    with pytest.raises(LabError, match="it was not installed"):  # the pin is HashiCorp's, the archive is not
        binary.find(settings(tmp_path, terraform_mirror=mirror.url))

    assert mirror.asked == [RELEASE]
