"""The gate: what was answered survives, whatever happens to the process."""

import json
import logging
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_lab.errors import LabError
from mlops_lab.localcloud.plane.attempts import Attempts
from mlops_lab.localcloud.plane.blobs import LARGE, Blobs
from mlops_lab.localcloud.plane.call import Answer, Call
from mlops_lab.localcloud.plane.gate import Gate, Limits
from mlops_lab.localcloud.plane.store import Store


class Ledger:
    """An engine whose state is what it was told, with the seed and the time of each call."""

    version = "1"

    def __init__(self) -> None:
        self.entries: list[list[object]] = []
        self.referred: set[str] = set()
        self.can_dump = True
        self.on_execute: Callable[[], None] = lambda: None

    def execute(self, call: Call) -> Answer:
        self.on_execute()
        if call.method != "GET":
            self.entries.append([call.body.decode()[:20], len(call.body), call.seed, call.time])
        return Answer("200 OK", (), b"")

    def dump(self) -> tuple[bytes, set[str]]:
        if not self.can_dump:
            raise TypeError("cannot pickle 'a lock'")
        return json.dumps(self.entries).encode(), self.referred

    def load(self, state: bytes) -> None:
        self.entries = json.loads(state)


def gate_over(folder: Path, engine: Ledger, limits: Limits | None = None) -> Gate:
    gate = Gate(engine, Store(folder), Blobs(folder / "blobs"), limits)
    gate.restore()
    return gate


def write(text: str, size: int = 0) -> Call:
    return Call({"REQUEST_METHOD": "PUT"}, text.encode().ljust(size, b"."))


def restored(folder: Path, copy: Path) -> Ledger:
    """Return the engine of a plane that starts after the first one was killed now."""
    shutil.copytree(folder, copy)
    engine = Ledger()
    gate_over(copy, engine)
    return engine


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_answered_calls_are_repeated_with_their_seeds_and_times(state: Path, tmp_path: Path) -> None:
    engine = Ledger()
    gate = gate_over(state, engine)

    for text in "abc":
        gate.answer(write(text))

    assert restored(state, tmp_path / "copy").entries == engine.entries
    assert len({entry[2] for entry in engine.entries}) == 3


def test_a_call_is_written_down_before_it_is_executed(state: Path, tmp_path: Path) -> None:
    engine = Ledger()
    gate = gate_over(state, engine)
    engine.on_execute = lambda: shutil.copytree(state, tmp_path / "killed")

    gate.answer(write("a"))

    assert [entry[0] for entry in restored(tmp_path / "killed", tmp_path / "copy").entries] == ["a"]


def test_reads_are_not_written_down(state: Path) -> None:
    gate = gate_over(state, Ledger())

    gate.answer(Call({"REQUEST_METHOD": "GET"}, b""))

    assert (state / "journal.0").stat().st_size == 0


def test_a_large_body_is_kept_beside_the_journal(state: Path, tmp_path: Path) -> None:
    gate = gate_over(state, Ledger())

    gate.answer(write("large", LARGE + 1))

    assert (state / "journal.0").stat().st_size < 1000
    assert restored(state, tmp_path / "copy").entries[0][:2] == ["large" + 15 * ".", LARGE + 1]


def test_a_snapshot_replaces_the_journal_and_later_calls_follow_it(state: Path, tmp_path: Path) -> None:
    engine = Ledger()
    gate = gate_over(state, engine)
    gate.answer(write("before"))

    gate.compact()
    gate.answer(write("after"))

    assert (state / "snapshot.1").exists()
    assert not (state / "journal.0").exists()
    assert restored(state, tmp_path / "copy").entries == engine.entries


def test_a_journal_that_is_long_enough_is_replaced_by_itself(state: Path) -> None:
    gate = gate_over(state, Ledger(), Limits(records=5))

    for number in range(10):
        gate.answer(write(str(number)))
    gate.close()

    assert int(next(state.glob("snapshot.*")).name.rpartition(".")[2]) >= 1
    assert not (state / "journal.0").exists()


def test_blobs_that_nothing_refers_to_are_removed_with_the_journal(state: Path) -> None:
    engine = Ledger()
    gate = gate_over(state, engine)
    gate.answer(write("gone", LARGE + 1))
    gate.answer(write("kept", LARGE + 1))
    engine.referred = {path.name for path in (state / "blobs").iterdir() if path.read_bytes().startswith(b"kept")}

    gate.compact()

    assert {path.name for path in (state / "blobs").iterdir()} == engine.referred


def test_blobs_of_calls_after_the_snapshot_are_kept(state: Path, tmp_path: Path) -> None:
    engine = Ledger()
    gate = gate_over(state, engine)
    gate.answer(write("before"))
    gate.compact()
    gate.answer(write("large", LARGE + 1))
    gate.compact()
    gate.answer(write("large", LARGE + 1))

    assert restored(state, tmp_path / "copy").entries == engine.entries


class BusyStore(Store):
    """Lets something happen while a snapshot is written."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def commit(self, generation: int, snapshot: bytes) -> None:
        self.meanwhile()
        super().commit(generation, snapshot)


def test_calls_pass_while_a_snapshot_is_written_and_keep_their_blobs(state: Path, tmp_path: Path) -> None:
    engine, store = Ledger(), BusyStore(state)
    gate = Gate(engine, store, Blobs(state / "blobs"))
    gate.restore()
    gate.answer(write("before"))
    store.meanwhile = lambda: gate.answer(write("meanwhile", LARGE + 1))

    gate.compact()

    assert len(engine.entries) == 2
    assert restored(state, tmp_path / "copy").entries == engine.entries


def test_a_state_that_cannot_be_dumped_leaves_the_journal_and_says_so(
    state: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = Ledger()
    engine.can_dump = False
    gate = gate_over(state, engine)
    gate.answer(write("a"))

    with caplog.at_level(logging.ERROR):
        gate.compact()

    assert "the journal is kept" in caplog.text
    assert restored(state, tmp_path / "copy").entries == engine.entries


def test_what_cannot_be_repeated_is_in_a_snapshot_before_it_is_answered(state: Path) -> None:
    gate = gate_over(state, Ledger())

    gate.answer(Call({"REQUEST_METHOD": "POST", "HTTP_X_AMZ_TARGET": "Ec2.CreateKeyPair"}, b"k"))

    assert (state / "snapshot.1").exists()


def test_every_call_of_many_threads_survives_in_the_order_it_was_executed(state: Path, tmp_path: Path) -> None:
    engine = Ledger()
    gate = gate_over(state, engine, Limits(records=20))
    threads = [
        threading.Thread(target=lambda start=start: [gate.answer(write(f"{start}-{n}")) for n in range(25)])
        for start in range(4)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gate.close()

    assert len(engine.entries) == 100
    assert restored(state, tmp_path / "copy").entries == engine.entries


def test_a_full_disk_is_answered_and_nothing_is_executed(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Ledger()
    gate = gate_over(state, engine)

    def no_space(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", no_space)

    answer = gate.answer(write("a"))

    assert answer.code == 507
    assert engine.entries == []


def test_a_closed_gate_refuses_calls(state: Path) -> None:
    gate = gate_over(state, Ledger())

    gate.close()

    assert gate.answer(write("late")).code == 503


def test_a_missing_blob_is_an_error(state: Path, tmp_path: Path) -> None:
    gate = gate_over(state, Ledger())
    gate.answer(write("large", LARGE + 1))
    next((state / "blobs").iterdir()).unlink()

    with pytest.raises(LabError, match="is missing"):
        restored(state, tmp_path / "copy")


def attempt(text: str, invocation: str) -> Call:
    return Call({"REQUEST_METHOD": "PUT", "HTTP_AMZ_SDK_INVOCATION_ID": invocation}, text.encode())


def test_a_call_whose_answer_was_lost_is_not_executed_twice(tmp_path: Path):
    engine = Ledger()
    gate = gate_over(tmp_path, engine)

    answers = [gate.answer(attempt("create", name)) for name in ("one", "one", "two")]

    assert [answer.code for answer in answers] == [200, 200, 200]
    assert [entry[0] for entry in engine.entries] == ["create", "create"]


def test_a_call_whose_answer_was_lost_with_the_process_is_not_executed_twice(tmp_path: Path):
    gate_over(tmp_path / "first", Ledger()).answer(attempt("create", "one"))
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    engine = Ledger()
    gate = gate_over(tmp_path / "second", engine)

    assert gate.answer(attempt("create", "one")).code == 200

    assert [entry[0] for entry in engine.entries] == ["create"]


def test_a_call_that_failed_is_executed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    engine = Ledger()
    gate = gate_over(tmp_path, engine)
    monkeypatch.setattr(engine, "execute", lambda call: Answer("500 Internal Server Error", (), b""))
    failed = gate.answer(attempt("create", "one"))
    monkeypatch.undo()

    assert (failed.code, gate.answer(attempt("create", "one")).code) == (500, 200)
    assert [entry[0] for entry in engine.entries] == ["create"]


def test_no_more_answers_are_kept_than_may_be():
    attempts = Attempts(most=2)
    for name in ("one", "two", "three"):
        attempts.keep(attempt("create", name), Answer("200 OK", (), name.encode()))

    found = [attempts.answered(attempt("create", name)) for name in ("one", "two", "three")]

    assert [answer and answer.body for answer in found] == [None, b"two", b"three"]
