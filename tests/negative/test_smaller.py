"""Smaller counterexamples: each is a witness in its own right, and the command it gives does the same.

The routines and proofs are small; what the smallest input is, is said by hand.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from assembling import assembled

import armsym.cli
from armsym.conform.replay import replay
from armsym.dsl import Bits, Claims, Proof, State, Words
from armsym.elf import load
from armsym.proof.inputs import InputValues, Recipe
from armsym.proof.result import Counterexample, Status
from armsym.proof.run import Wanted, prove
from armsym.proof.shrink import Limit, shrunk, without
from semantics import A64

CODE = """
        .text
        .macro  routine name
        .global \\name
        .type   \\name, %function
\\name:
        .endm

        routine adds_up                 // the sum of x1 words at x0, but the fourth counts twice
        mov     x2, #0
        mov     x4, #0
1:      cbz     x1, 2f
        ldr     x3, [x0], #8
        add     x2, x2, x3
        cmp     x4, #3
        b.ne    3f
        add     x2, x2, x3
3:      add     x4, x4, #1
        sub     x1, x1, #1
        b       1b
2:      mov     x0, x2
        ret

        routine copies_to_the_input
        ldr     x2, [x1]
        str     x2, [x0]
        str     x2, [x1]
        ret

        routine loses_x20
        mov     x20, #0
        ret

        routine keeps_a_flag            // what it gives is a flag of its caller
        cset    x0, cs
        ret

        routine pushes
        str     x1, [sp, #-16]!
        ldr     x1, [sp], #16
        ret

        routine branches
        ldr     x2, [x0]
        tbz     x2, #9, 1f
        nop
1:      mov     x0, #0
        ret

        routine stops_for_large         // from 2^12 on
        cmp     x0, #1, lsl #12
        b.lo    1f
        brk     #1
1:      ret
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("smaller") / "smaller.o"
    path.write_bytes(assembled(CODE))
    return path


def _refuted(fn: Any, file: Path, symbol: str, *, traced: bool = False) -> Counterexample:
    wanted = Wanted(replay, shrink=True, traced=traced)
    r = prove(fn, name=symbol, image=load(str(file)), symbol=symbol, isa=A64, wanted=wanted)
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    return r.counterexample


def _sum(p: Proof) -> None:
    n = p.nat("n", high=1000)
    a = p.region("a", 8 * n, access="r")
    p.call(x0=a, x1=n)
    S = p.fold(lambda s, b: [s[0] + b[0]], start=[Bits(64, 0)], over=a.blocks(words=1, width=64), name="S")

    @p.invariant(p.routine.loops()[0], upto=n, inclusive=True)
    def _(s: State, i: Bits) -> Claims:
        return {"so far": s.x2 == S(i)[0]}

    p.ensures(lambda s: {"sum": s.x0 == S(n)[0]})


def _run(capsys: pytest.CaptureFixture[str], command: str) -> dict[str, Any]:
    program, *words = shlex.split(command)
    assert program == "armsym"
    code = armsym.cli.run([*words, "--json"])
    assert code in (0, 2), capsys.readouterr()
    return dict(json.loads(capsys.readouterr().out))


def test_length_and_content_are_the_least_that_show_it(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Four words are needed, of which only the last has a byte that is not 0."""
    c = _refuted(_sum, file, "adds_up")
    assert c.inputs["n"] == "4"
    data = bytes.fromhex(c.inputs["a"].split()[0])
    assert data[:24] == bytes(24)
    assert sum(b != 0 for b in data[24:]) == 1
    (last,) = Words([Bits(64, int.from_bytes(data[24:], "little"))])
    assert (int(c.got, 16), int(c.expected, 16)) == (2 * last.uint % 2**64, last.uint)
    assert "agree on all registers" in c.replay
    assert c.shrunk_from.keys() <= {"n", "a"}
    assert len(bytes.fromhex(c.shrunk_from["a"].split()[0])) >= len(data)
    after = _run(capsys, c.command)
    assert after["x"][0] == f"{int(c.got, 16):#018x}"
    assert after["instructions"] == c.instructions


def test_it_departs_from_the_invariant_at_the_fifth_arrival(file: Path) -> None:
    """Before instruction 1 + 2 + 4 * 8 + 1: two to begin with, and eight or nine each time."""
    c = _refuted(_sum, file, "adds_up", traced=True)
    d = c.departure
    assert d is not None
    assert d.claim == "so far"
    assert "i = 4" in d.where
    assert (d.expected, d.got) == (c.expected, c.got)
    steps = c.trace
    assert steps[d.number - 1].at == d.at
    assert steps[-1].assembly == "ret"
    arrivals = [s.number for s in steps if s.at == d.at]
    assert arrivals.index(d.number) == 4
    # What the last addition before it makes of X2 is wrong already.
    added = [x.after for s in steps[: d.number] for x in s.changed if x.name == "x2"]
    assert added[-1] == c.got


def _copies(p: Proof) -> None:
    out, a = p.region("out", 8, access="w"), p.region("a", 8, access="r")
    p.call(x0=out, x1=a)
    p.modifies(out)
    p.ensures(lambda s: {"copy": out.words(64, at=s) == a.words(64)})


def test_a_refused_store_is_refused_again(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Since the command says that the region is only read."""
    c = _refuted(_copies, file, "copies_to_the_input")
    assert c.kind == "memory"
    assert bytes.fromhex(c.inputs["a"].split()[0]) == bytes(8)
    assert "a:r=8" in c.command
    assert "store of 8 bytes" in _run(capsys, c.command)["stopped"]


def _nothing(p: Proof) -> None:
    n = p.nat("n", high=2**63)
    p.call(x0=n)
    p.ensures(lambda s: {"x1": s.sp == s.sp})


def test_a_register_that_is_lost_is_marked(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of all zeros nobody would see that it is cleared; no other register is marked."""
    c = _refuted(_nothing, file, "loses_x20")
    assert (c.expected, c.got) == ("0x2020202020202020", "0x0")
    assert c.entry is not None
    assert [n for n in range(30) if c.entry.x[n]] == [20]
    assert not any(c.entry.v)
    assert "--x20 0x2020202020202020" in c.command
    assert _run(capsys, c.command)["x"][20] == f"{0:#018x}"


def _word(p: Proof) -> None:
    k = p.word("k", public=True)
    p.call(x0=k)
    p.ensures(lambda s: {"x0": s.x0 == k})


def _flag(p: Proof) -> None:
    p.call()
    p.ensures(lambda s: {"x0": s.x0 == 0})


def test_where_no_command_line_does_the_same_none_is_given(file: Path) -> None:
    """`armsym run` begins with all flags 0: the state stays as it was found, and is run by --entry."""
    c = _refuted(_flag, file, "keeps_a_flag")
    assert c.command == ""
    assert c.entry is not None
    assert c.entry.nzcv & 2


def test_nor_where_armsym_run_has_what_the_proof_does_not_lend(file: Path) -> None:
    """It has a stack: there the store that the proof refuses does not stop."""
    c = _refuted(_nothing, file, "pushes")
    assert c.kind == "memory"
    assert c.entry is not None
    assert not any(c.entry.x[2:30])  # a state like those of `armsym run`
    assert c.command == ""


def _secret(p: Proof) -> None:
    k, n = p.region("k", 24, access="r"), p.nat("n", high=64)
    p.call(x0=k, x1=n)
    p.ensures(lambda s: {"x0": s.x0 == 0})


def test_two_runs_that_tell_a_secret_differ_in_one_byte(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    c = _refuted(_secret, file, "branches", traced=True)
    assert c.kind == "constant-time"
    one, other = (bytes.fromhex(x["k"].split()[0]) for x in (c.inputs, c.other_inputs))
    assert [k for k in range(24) if one[k] != other[k]] == [1]
    assert (one[1] ^ other[1]) & 2
    assert one[2:] == bytes(22)
    assert c.inputs["n"] == "0"
    assert all("tbz w2, #9" in side for side in (c.expected, c.got))
    counts = [_run(capsys, x)["instructions"] for x in (c.command, c.other_command)]
    assert counts == [len(c.trace), len(c.other_trace)]
    assert sorted(counts) == [4, 5]


def test_a_number_is_halved_down(file: Path) -> None:
    """No number under 2^12 shows it; the one found is not far above."""
    c = _refuted(_word, file, "stops_for_large")
    assert c.kind == "decode"
    assert 1 << 12 <= int(c.inputs["k"], 16) < 1 << 16


# -- the search by itself -----------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "needed"), [(0, set()), (1, set()), (1, {0}), (64, {0, 63}), (65, {31, 32})])
def test_all_is_dropped_but_what_is_needed(size: int, needed: set[int]) -> None:
    left = set(range(size))

    def drop(lo: int, hi: int) -> bool:
        nonlocal left
        assert 0 <= lo < hi <= size
        if needed & set(range(lo, hi)):
            return False
        left -= set(range(lo, hi))
        return True

    without(size, drop)
    assert left == needed


@pytest.mark.parametrize("bad", [0, 7, 63])
def test_what_is_needed_stays(bad: int) -> None:
    """Of 64 bytes and a number one byte is needed, and the number may be no less than 5."""

    def holds(r: Recipe) -> bool:
        limit.spent(1)
        return r.values.cells["a"][0][1][bad] == 0xFF and r.values.numbers["n"] >= 5

    limit = Limit()
    start = Recipe(1, 1, 1, InputValues({"n": 100}, {"a": [(0, b"\xff" * 64)]}))
    found = shrunk(start, {"n": 3}, holds, limit)
    assert found.values.numbers["n"] == 5
    assert found.values.cells["a"] == [(0, bytes(bad) + b"\xff" + bytes(63 - bad))]
    assert found.plain == {}


def test_the_limits_hold() -> None:
    tried = []

    def holds(r: Recipe) -> bool:
        tried.append(r)
        limit.spent(10)
        return True

    start = Recipe(1, 1, 1, InputValues({}, {"a": [(0, b"\xff" * 64)], "b": [(0, b"\xff" * 64)]}))
    limit = Limit(tries=3)
    shrunk(start, {}, holds, limit)
    assert len(tried) == 3
    limit = Limit(steps=25)
    shrunk(start, {}, holds, limit)
    assert len(tried) == 6
