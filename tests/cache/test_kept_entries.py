"""Entries: what was written comes back, and nothing else is taken for it."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kept import MANDATORY, proved

from armsym.cache import Key, Store
from armsym.cache.entries import admissible, read, written
from armsym.proof.result import Counterexample, Kind, Obligation, ProofResult, Status

KEY = "0123456789abcdef" * 4
OTHER = "f" * 64


def key(text: str = KEY) -> Key:
    return Key(text, "ab" * 32, ())


def again(data: bytes, *, second: bool = False, text: str = KEY) -> ProofResult | None:
    return read(data, text, file="routines.o", second=second)


@pytest.mark.parametrize("second", [False, True])
def test_what_was_written_is_read(second: bool) -> None:
    assert again(written(proved(second=second), KEY), second=second) == proved(second=second)


def test_another_key_or_option_is_another_result() -> None:
    data = written(proved(), KEY)
    assert again(data, text=OTHER) is None
    assert again(data, second=True) is None
    assert again(written(proved(second=True), KEY)) is None


def test_no_damaged_entry_is_read() -> None:
    data = written(proved(), KEY)
    assert all(again(data[:n]) is None for n in range(len(data)))
    for k in range(len(data)):
        for flip in (1, 0x20, 0x80):
            damaged = data[:k] + bytes([data[k] ^ flip]) + data[k + 1 :]
            # (A flip may leave the same JSON in other letters.)
            assert again(damaged) in (None, proved()), damaged
    assert again(b"") is again(b"null") is again(b"[]") is again(b"{}") is again(b"[" * 100_000) is None


def without(kind: Kind, r: ProofResult) -> None:
    r.obligations.pop(MANDATORY.index(kind))


#: What makes a result one that is never kept.
SPOILED: dict[str, Callable[[ProofResult], object]] = {
    "refuted": lambda r: setattr(r, "status", Status.REFUTED),
    "undecided": lambda r: setattr(r, "status", Status.UNDECIDED),
    "error": lambda r: setattr(r, "status", Status.ERROR),
    "an obligation is open": lambda r: setattr(r.obligations[-1], "status", Status.UNDECIDED),
    "no obligation": lambda r: r.obligations.clear(),
    "a counterexample": lambda r: setattr(r, "counterexample", Counterexample("c", "ensures", {})),
    "a message": lambda r: setattr(r, "message", "internal error: ..."),
    "compared with another file": lambda r: r.obligations.append(Obligation("same", "same-as", Status.PROVED)),
    **{f"no {k}": partial(without, k) for k in MANDATORY},
}


@pytest.mark.parametrize("what", SPOILED)
def test_only_what_is_proved_is_kept(what: str, tmp_path: Path) -> None:
    r = proved()
    assert admissible(r, second=False)
    SPOILED[what](r)
    assert not admissible(r, second=False)
    with pytest.raises(ValueError, match="not proved"):
        written(r, KEY)
    assert not Store(tmp_path).put(key(), r, second=False)
    assert not list(tmp_path.iterdir())


def forged(change: Callable[[Any], object]) -> bytes:
    """An entry with a right hash that our writer would not write."""
    body = json.loads(written(proved(), KEY))["proved"]
    change(body)
    digest = hashlib.sha256(f"{KEY}\n{json.dumps(body, sort_keys=True)}".encode()).hexdigest()
    return json.dumps({"sha256": digest, "key": KEY, "proved": body}).encode()


def test_entries_of_another_shape_are_refused() -> None:
    assert again(forged(lambda b: None)) == proved()
    changes: list[Callable[[Any], object]] = [
        lambda b: b["obligations"].pop(),
        lambda b: b["obligations"].append(["x", "no kind", [], 0.0]),
        lambda b: b["obligations"].append(["x", "ensures", [1], 0.0]),
        lambda b: b.update(seconds=-1.0),
        lambda b: b.update(seconds="1"),
        lambda b: b.update(claims_results=1),
        lambda b: b.update(instructions=True),
        lambda b: b.update(ranges={"n": [[1, 2, 3]]}),
        lambda b: b.update(choices={"n": ["1"]}),
        lambda b: b.update(assumptions=[None]),
        lambda b: b.update(second=["Bitwuzla", 3, 1, 0.5, ["it gave up"], []]),
        lambda b: b.update(second=["Bitwuzla", 3, 2, 0.5, ["it gave up"]]),
        lambda b: b.update(second=["Bitwuzla", 3, 2, 0.5, ["it gave up"], [["Bitwuzla", True]]]),
        lambda b: b.pop("shown"),
    ]
    assert all(again(forged(change)) is None for change in changes)


def test_a_store_gives_what_it_was_given(tmp_path: Path) -> None:
    store = Store(tmp_path / "results")
    assert store.get(key(), file="routines.o", second=False) is None
    assert store.put(key(), proved(), second=False)
    assert Store(tmp_path / "results").get(key(), file="here.o", second=False) == ProofResult(
        **{**vars(proved()), "file": "here.o"}
    )
    # Under another's name it is nobody's; of another file it is not this one's.
    os.rename(tmp_path / "results" / f"{KEY}.json", tmp_path / "results" / f"{OTHER}.json")
    assert store.get(key(OTHER), file="routines.o", second=False) is None
    store.put(key(), proved(), second=False)
    assert store.get(Key(KEY, "ef" * 32, ()), file="routines.o", second=False) is None
    assert not store.put(Key(KEY, "ef" * 32, ()), proved(), second=False)


posix = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions of POSIX")


@posix
@pytest.mark.parametrize("mode", [0o777, 0o775, 0o722, 0o1777])
def test_a_folder_that_others_may_write_is_not_used(tmp_path: Path, mode: int) -> None:
    Store(tmp_path).put(key(), proved(), second=False)
    tmp_path.chmod(mode)
    store = Store(tmp_path)
    assert "can be written by others" in store.unusable
    assert store.get(key(), file="", second=False) is None
    assert not store.put(key(OTHER), proved(), second=False)
    tmp_path.chmod(0o700)
    assert Store(tmp_path).get(key(), file="", second=False) is not None


@posix
def test_a_folder_or_an_entry_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    store.put(key(), proved(), second=False)
    another = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: another)
    assert store.get(key(), file="", second=False) is None
    assert "belongs to the user" in Store(tmp_path).unusable


@posix
def test_what_is_no_file_of_ours_is_no_entry(tmp_path: Path) -> None:
    store = Store(tmp_path / "results")
    store.put(key(), proved(), second=False)
    entry = tmp_path / "results" / f"{KEY}.json"
    entry.chmod(0o622)
    assert store.get(key(), file="", second=False) is None
    entry.chmod(0o600)
    assert store.get(key(), file="", second=False) is not None
    entry.rename(tmp_path / "elsewhere")
    entry.symlink_to(tmp_path / "elsewhere")
    assert store.get(key(), file="", second=False) is None
    entry.unlink()
    os.mkfifo(entry)
    assert store.get(key(), file="", second=False) is None
    entry.unlink()
    entry.mkdir()
    assert store.get(key(), file="", second=False) is None
    assert not store.put(key(), proved(), second=False)  # and no error
    (tmp_path / "link").symlink_to(tmp_path / "results")
    assert Store(tmp_path / "link").unusable
    (tmp_path / "file").write_text("")
    assert Store(tmp_path / "file").unusable


def test_many_writers_and_readers(tmp_path: Path) -> None:
    found: list[ProofResult | None] = []

    def work() -> None:
        store = Store(tmp_path)
        for _ in range(40):
            store.put(key(), proved(), second=False)
            found.append(store.get(key(), file="routines.o", second=False))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert found == [proved()] * 160
    assert [f.name for f in tmp_path.iterdir()] == [f"{KEY}.json"]


def test_entries_that_nobody_uses_are_removed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for text, age in ((KEY, 59), (OTHER, 61)):
        store.put(key(text), proved(), second=False)
        then = os.stat(tmp_path / f"{text}.json").st_mtime - age * 86400
        os.utime(tmp_path / f"{text}.json", (then, then))
    store.tidy()
    assert [f.name for f in tmp_path.iterdir()] == [f"{KEY}.json"]
