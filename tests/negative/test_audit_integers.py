"""Defects in the engine's integers under which a false claim is `proved`: no bundle of it is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from refusing import _silent, without_search

import armsym.proof.run
import armsym.proof.trials
from armsym.audit.audit import audit
from armsym.audit.bundle import Bundle
from armsym.audit.elf import Elf
from armsym.audit.wording import contract_lines
from armsym.certify.export import Exporter
from armsym.dsl import Claims, Proof, State, congruent
from armsym.elf import load
from armsym.integers.claims import Argument, Shown
from armsym.integers.kernel import Kernel
from armsym.proof.known import Question
from armsym.proof.result import Status
from armsym.proof.run import prove
from semantics import A64

OBJECT = Path(__file__).resolve().parents[2] / "crypto_examples" / "own_memcmp" / "memcmp.o"
SYMBOL = "armsym_ct_memcmp"
ADDS, ADCS, ADD, RET = 0xAB020000, 0xBA030021, 0x8B030021, 0xD65F03C0  # X0 += X2; X1 += X3 with or without carry
ASR = 0x9341FC00  # X0 halved


def _sum(p: Proof) -> None:
    """X1:X0 + X3:X2 in X1:X0, modulo 2^128."""
    e = p.entry
    value = p.integer([e.x0, e.x1]) + p.integer([e.x2, e.x3])

    @p.ensures
    def claims(s: State) -> Claims:
        return {"sum": congruent(p.integer([s.x0, s.x1]), value, 2**128)}


def _never_all_ones(p: Proof) -> None:
    p.ensures(lambda s: {"range": p.integer([s.x0, s.x1]) < 2**128 - 1})


def _signed(p: Proof) -> None:
    """X0 is a signed number, and is what it was."""
    before = p.integer(p.entry.x0, signed=True)

    @p.ensures
    def claims(s: State) -> Claims:
        x = p.integer(s.x0, signed=True)
        return {"same": x == before}


def _proved(
    fn: Callable[[Proof], None], folder: Path, words: tuple[int, ...], patch: pytest.MonkeyPatch
) -> tuple[Status, Bundle, list[str], Path]:
    data = bytearray(OBJECT.read_bytes())
    code = Elf.read(OBJECT)
    start = data.index(code.word(code.symbol(SYMBOL)[0]).to_bytes(4, "little"))
    data[start : start + 4 * len(words)] = b"".join(w.to_bytes(4, "little") for w in words)
    path = folder / "changed.o"
    path.write_bytes(data)
    patch.setattr(armsym.proof.trials, "_broken", lambda *_, **__: None)
    patch.setattr(armsym.proof.run, "run_trial", _silent)
    without_search(patch)
    exporter = Exporter(SYMBOL, str(path))
    result = prove(fn, name="f", image=load(str(path)), symbol=SYMBOL, isa=A64, observe=exporter.observe)
    bundle = Bundle("f", SYMBOL, str(path), result.file_sha256, "a test", "a test")
    return result.status, bundle, exporter.finish(bundle), path


def test_what_is_right_is_audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status, bundle, open_, path = _proved(_sum, tmp_path, (ADDS, ADCS, RET), monkeypatch)
    assert (status, open_) == (Status.PROVED, [])
    elf = Elf.read(path)
    assert audit(bundle, elf, elf.symbol(SYMBOL)[0]).audited
    # ... and of the code that loses the carry the same bundle is refused.
    _, other, open_, path = _proved(_sum, tmp_path, (ADDS, ADD, RET), monkeypatch)
    assert open_
    elf = Elf.read(path)
    bundle.file_sha256 = other.file_sha256
    assert audit(bundle, elf, elf.symbol(SYMBOL)[0]).refused


def test_signed_numbers_are_audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status, bundle, open_, path = _proved(_signed, tmp_path, (RET,), monkeypatch)
    assert (status, open_) == (Status.PROVED, [])
    elf = Elf.read(path)
    assert audit(bundle, elf, elf.symbol(SYMBOL)[0]).audited
    said = "\n".join(contract_lines(bundle.cases[0]))
    assert "x0_out - 2^64 * (x0_out >> 63) - x0_in + 2^64 * (x0_in >> 63) = 0" in said
    _, other, _, path = _proved(_signed, tmp_path, (ASR, RET), monkeypatch)
    elf = Elf.read(path)
    bundle.file_sha256 = other.file_sha256
    assert audit(bundle, elf, elf.symbol(SYMBOL)[0]).refused


def _all_is_shown(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Argument, "show", lambda *_, **__: Shown(True))


def _no_residue_is_left(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Kernel, "residue", lambda *_: {})


def _bounds_are_too_narrow(patch: pytest.MonkeyPatch) -> None:
    before: Any = Kernel.bounds

    def bounds(self: Kernel, P: Any) -> tuple[int, int]:
        low, high = before(self, P)
        return low, max(low, high - 1)

    patch.setattr(Kernel, "bounds", bounds)


@pytest.mark.parametrize(
    ("plant", "fn", "words"),
    [
        (_all_is_shown, _sum, (ADDS, ADD, RET)),
        (_no_residue_is_left, _sum, (ADDS, ADD, RET)),
        (_all_is_shown, _never_all_ones, (RET,)),
        (_bounds_are_too_narrow, _never_all_ones, (RET,)),
    ],
)
def test_a_defect_of_the_engine_gives_no_bundle(
    plant: Callable[[pytest.MonkeyPatch], None],
    fn: Callable[[Proof], None],
    words: tuple[int, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant(monkeypatch)
    # (The engine looks a second time, at some numbers: which lies it sees so is not the point.)
    monkeypatch.setattr(Question, "fails", lambda *_: False)
    status, bundle, open_, path = _proved(fn, tmp_path, words, monkeypatch)
    assert status is Status.PROVED  # which is false
    assert open_
    elf = Elf.read(path)
    assert not audit(bundle, elf, elf.symbol(SYMBOL)[0]).audited
