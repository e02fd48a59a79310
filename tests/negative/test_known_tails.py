"""Bytes after blocks, any number of them, where paths go on as one: they are known there, and what is false is refused.

The routine of `test_tails` copies its last bytes for each number of them by itself; then all go on as one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_engine_negative import MAGIC, SET, ProofFn, answer
from test_tails import RARE, meets

from armsym.bits import Bits, ite
from armsym.errors import InputError
from armsym.proof.declare import Proof
from armsym.proof.handles import Claims
from armsym.proof.result import ProofResult, Status
from armsym.proof.state import State

#: x0 the buffer, x1 = n, x2 = rest, x3 the key, x4 the magic number: `test_tails.CODE`, and more:
#: what is done {before} all go on as one, and {after}.
CODE = (
    SET + "mov x5,#0\n cbz x1,2f\n"
    "1: str x5,[x0],#8\n add x5,x5,#1\n cmp x5,x1\n b.ne 1b\n mov x7,#1\n b 3f\n"
    "2: mov x7,#2\n"
    "3: nop\n mov x6,x2\n cbz x2,5f\n"
    "4: sub x2,x2,#1\n {byte}\n strb w3,[x0,x2]\n cbnz x2,4b\n"
    "5: {before}\n hint #6\n {after}\n ret"
)
#: `hint #6`, where all go on as one.
HERE = 0xD50320DF


@dataclass
class Options:
    """What is claimed where all go on as one: right, unless told otherwise."""

    content: Callable[[Bits], list[Bits]] = lambda key: [key[7:0]] * 7
    more: int = 0
    room: int = 0
    apart: bool = True
    #: What is said of x8, which each path leaves; then the tail is said to be its low bytes, x6 of them.
    register: Callable[[State, Bits], Claims] | None = None
    #: What is said of the k-th block on return, of n and the key.
    block: Callable[[Bits, Bits, Bits], list[Bits]] = lambda k, n, key: k.elems(8)


def known(o: Options) -> ProofFn:
    """Words below n hold their numbers, `rest` bytes of the key follow."""

    def fn(p: Proof) -> None:
        n, rest = p.nat("n", high=2**30), p.nat("rest", high=7)
        key, flag = p.word("key", 64), p.word("flag", public=True)
        out = p.region("out", 8 * n + rest + o.room, access="rw", cell=1)
        p.call(x0=out, x1=n, x2=rest, x3=key, x4=flag)
        p.modifies(out)
        at = meets(p)
        end = next(k for k in range(at, at + 200, 4) if p.routine.image.word(k) == HERE)

        def bytes_of(k: Bits) -> list[Bits]:
            return k.elems(8)

        def words(s: State, upto: Bits, then: list[Bits], k: Bits | int) -> Claims:
            return {"out": out.holds(bytes_of, upto=upto, at=s, words=8, width=8, tail=then, tail_bytes=k)}

        def kept(s: State) -> Claims:
            return {"x3": s.x3 == key, "x4": s.x4 == flag, "x9": s.x9 == MAGIC}

        @p.invariant(p.routine.loops()[0], upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"x5": s.x5 == i, "x0": s.x0 == out.base + 8 * i, **words(s, i, [], 0)}

        @p.join(at, index=n)
        def _(s: State, i: Bits) -> Claims:
            return {"x0": s.x0 == out.base + 8 * i, "x2": s.x2 == rest, **words(s, i, [], 0), **kept(s)}

        p.each(p.routine.loops()[1], lambda s: s.x2, range(8))

        @p.join(end, index=n)
        def _(s: State, i: Bits) -> Claims:
            then = words(s, i, o.content(key), rest + o.more)
            if o.register is not None:
                then = words(s, i, [s.w8[7:0]] * 7, s.x6) | o.register(s, key)
            return {"x0": s.x0 == out.base + 8 * i, "x6": s.x6 == rest, "x1": s.x1 == i, **then, **kept(s)}

        if o.apart:
            p.each(end + 4, lambda s: rest, range(8))

        @p.ensures
        def _(s: State) -> Claims:
            then = [key[7:0]] * 7
            return {
                "out": out.holds(
                    lambda k: o.block(k, n, key), upto=n, at=s, words=8, width=8, tail=then, tail_bytes=rest
                )
            }

    return fn


def run(folder: Path, o: Options, byte: str = "", before: str = "", after: str = "") -> ProofResult:
    return answer(folder, CODE.format(byte=byte, before=before, after=after or "nop"), known(o))


#: What may be done with bytes of the tail: read, and written as they were.
SAME = "cmp x6,#7\n b.ne 9f\n ldrb w7,[x0,#6]\n strb w7,[x0,#5]\n ldr w7,[x0,#3]\n str w7,[x0]\n 9: nop"


@pytest.mark.parametrize("after", ["", SAME])
def test_right(tmp_path: Path, after: str) -> None:
    r = run(tmp_path, Options(), after=after)
    assert r.status is Status.PROVED, [o for o in r.obligations if o.status is not Status.PROVED]


#: What is done to the buffer where all went on as one, if x4 is the magic number.
FAULTS = {
    "the first byte of the tail changed": "cbz x6,9f\n strb wzr,[x0]",
    "the last byte of the tail changed": "cbz x6,9f\n sub x7,x6,#1\n strb wzr,[x0,x7]",
    "a byte before the tail changed": "cbz x1,9f\n strb wzr,[x0,#-1]",
    "a byte past the tail written": "strb wzr,[x0,x6]",
    "the sum of two bytes of the tail": "cmp x6,#7\n b.ne 9f\n ldrb w7,[x0,#6]\n add w7,w7,w7\n strb w7,[x0,#5]",
    "a byte of the block before taken for one of the tail": "cbz x1,9f\n cbz x6,9f\n ldrb w7,[x0,#-1]\n strb w7,[x0]",
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("room", [0, 1])
def test_wrong_code_after_the_tail(tmp_path: Path, fault: str, room: int) -> None:
    r = run(tmp_path, Options(room=room), after=RARE.format(FAULTS[fault]))
    assert r.status in (Status.UNDECIDED, Status.REFUTED)


def test_wrong_code_before(tmp_path: Path) -> None:
    r = run(tmp_path, Options(), byte=RARE.format("mov w3,wzr"))
    assert r.status in (Status.UNDECIDED, Status.REFUTED)


#: Lies about the tail, each of the 7 bytes that hardly any run has.
CLAIMS = {
    "another byte": Options(content=lambda key: [*[key[7:0]] * 6, key[15:8]]),
    "one byte more, of a buffer that has it": Options(content=lambda key: [key[7:0]] * 8, more=1, room=1),
    "one byte less": Options(more=-1),
    "a number of bytes that is not known on return": Options(apart=False),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_wrong_claims(tmp_path: Path, claim: str) -> None:
    r = run(tmp_path, CLAIMS[claim])
    assert r.status in (Status.UNDECIDED, Status.REFUTED)


LOW = "and x8,x3,#0xff"


def low(s: State, key: Bits) -> Claims:
    """What x8 is after that."""
    return {"x8": s.x8 == key & 0xFF}


@pytest.mark.parametrize("after", ["", "mov x8,#0\n mov x6,#0"])
def test_a_tail_told_by_registers(tmp_path: Path, after: str) -> None:
    """It stays known by what the same claims say of these, whatever becomes of them."""
    r = run(tmp_path, Options(register=low), before=LOW, after=after)
    assert r.status is Status.PROVED, [o for o in r.obligations if o.status is not Status.PROVED]


#: What is done to the registers before, what is said of x8, and where that fails.
REGISTERS = {
    "another byte": (RARE.format("mov x8,#0"), low, "invariant"),
    "another number": (RARE.format("mov x6,#0"), low, "invariant"),
    "nothing said of it": ("", lambda _, __: {}, "ensures"),
    "said of another bit": ("", lambda s, key: {"x8": s.x8[0:0] == key[0:0]}, "ensures"),
}


@pytest.mark.parametrize("fault", REGISTERS)
def test_wrong_registers(tmp_path: Path, fault: str) -> None:
    code, said, kind = REGISTERS[fault]
    r = run(tmp_path, Options(register=said), before=f"{LOW}\n {code}")
    assert r.status in (Status.UNDECIDED, Status.REFUTED)
    assert kind in {o.kind for o in r.obligations if o.status is not Status.PROVED}


@pytest.mark.parametrize(("last", "proved"), [(0, True), (1, False)])
def test_blocks_told_by_the_length(tmp_path: Path, last: int, proved: bool) -> None:
    """Blocks from n on are none of those claimed, so what is said of them does not count; the last one does."""

    def block(k: Bits, n: Bits, key: Bits) -> list[Bits]:
        return [ite(k + last < n, b, key[7:0]) for b in k.elems(8)]

    r = run(tmp_path, Options(block=block))
    assert (r.status is Status.PROVED) is proved, [o for o in r.obligations if o.status is not Status.PROVED]


def test_fewer_bytes_than_there_may_be(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a tail of 7 bytes, of which 6 are given"):
        run(tmp_path, Options(content=lambda key: [key[7:0]] * 6))
