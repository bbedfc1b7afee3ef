"""The checkout as git sees it: what is asked before a release, and the release as one change."""

import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from mlops_lab.delivery.changelog import Commit
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

MINUTE = 60
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Repository:
    """The git repository of the lab's checkout."""

    def __init__(self, settings: Settings):
        self.root = settings.root
        self._settings = settings

    def run(self, *arguments: str, text: str | None = None, index: Path | None = None) -> str:
        """Run git and return what it prints.

        Args:
            arguments: The command.
            text: Its standard input.
            index: A file to use as the index in place of the checkout's.

        Raises:
            LabError: git is missing, or refuses; the message quotes it.
        """
        extra = {"GIT_INDEX_FILE": str(index)} if index else {}
        try:
            done = subprocess.run(
                ["git", "--no-optional-locks", *arguments],
                cwd=self.root,
                env=self._settings.child_environment(**extra),
                input=text or "",
                capture_output=True,
                text=True,
                timeout=MINUTE,
                start_new_session=True,  # Ctrl-C is for the lab, which knows when to stop
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise LabError(f"git {arguments[0]} does not run in {self.root}: {error}.") from None
        if done.returncode != 0:
            said = " ".join((done.stderr or done.stdout).split()) or f"exit code {done.returncode}"
            raise LabError(f"git {arguments[0]} failed in {self.root}: {said[:300]}")
        return done.stdout

    def head(self) -> str:
        """Return the commit that is checked out."""
        return self.run("rev-parse", "--verify", "HEAD^{commit}").strip()

    def branch(self) -> str | None:
        """Return the branch that is checked out, or None where a commit is."""
        name = self.run("rev-parse", "--abbrev-ref", "HEAD").strip()
        return None if name == "HEAD" else name

    def author(self) -> str:
        """Return who would make a commit now, with the time, as git writes it.

        Raises:
            LabError: git does not know who.
        """
        return self.run("var", "GIT_COMMITTER_IDENT").strip()

    def changed(self) -> list[str]:
        """Return the files that differ from the commit, and those that git does not know and is not to ignore."""
        listed = self.run("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames").split("\0")
        return [each[3:] for each in listed if each]

    def has_tag(self, name: str) -> bool:
        """Tell whether a tag exists."""
        return bool(self.run("tag", "--list", name).strip())

    def last_release(self, pattern: str) -> str | None:
        """Return the newest tag of a pattern that the checked-out commit comes after."""
        tags = self.run("tag", "--merged", "HEAD", "--list", pattern, "--sort=-creatordate").split()
        return tags[0] if tags else None

    def commits_since(self, tag: str | None) -> list[Commit]:
        """Return the commits since a tag, or all, newest first and without merges."""
        listed = self.run("log", "--no-merges", "--format=%h%x09%s", f"{tag}..HEAD" if tag else "HEAD", "--")
        pairs = (line.partition("\t") for line in listed.splitlines())
        return [Commit(short, subject) for short, _, subject in pairs]

    def publish(self, parent: str, files: Mapping[str, str], message: str, tag: str, about: str) -> str:
        """Commit files (path -> content) onto the checked-out commit and tag it, both or neither; return the commit.

        Commit and tag are made beside the checkout first. Then one transaction moves the branch and sets the tag, and
        the checkout follows. A signal in that last part is heard after it.

        Raises:
            LabError: git refuses, or another commit than the parent is checked out; nothing has changed then.
        """
        commit = self.run("commit-tree", self._tree(parent, files), "-p", parent, "-m", message).strip()
        label = f"object {commit}\ntype commit\ntag {tag}\ntagger {self.author()}\n\n{about}\n"
        annotated = self.run("mktag", text=label).strip()
        with uninterrupted():
            transaction = f"start\nupdate HEAD {commit} {parent}\ncreate refs/tags/{tag} {annotated}\nprepare\ncommit\n"
            self.run("update-ref", "-m", f"release: {tag}", "--stdin", text=transaction)
            self.run("read-tree", "-m", "-u", parent, commit)
        return commit

    def _tree(self, parent: str, files: Mapping[str, str]) -> str:
        """Write the parent's tree with some files in place of its own, in an index of its own."""
        with TemporaryDirectory() as folder:
            index = Path(folder) / "index"
            self.run("read-tree", parent, index=index)
            for path, content in files.items():
                blob = self.run("hash-object", "-w", "--stdin", "--path", path, text=content).strip()
                self.run("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", index=index)
            return self.run("write-tree", index=index).strip()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hear the signals that would end the program after the block; only the main thread gets any."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        heard.append(number)

    before = {number: signal.signal(number, note) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for each in heard:
        signal.raise_signal(each)
