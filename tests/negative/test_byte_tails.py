"""Stream ciphers over any number of bytes, wrong for one public number: refused, by the obligation named here.

The code works in blocks of eight bytes; the last part of a block goes byte by byte, with its key stream on
the stack.  Block j of the key stream is the key xor j.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from test_engine_negative import SET, ProofFn, answer

from armsym.bits import Bits, select
from armsym.proof.declare import Proof
from armsym.proof.handles import Claims
from armsym.proof.result import Status
from armsym.proof.state import State

#: Each {name} is a place where wrong code may stand; x5 is the number of the block.
CODE = (
    SET + "sub sp,sp,#16\n ldr x3,[x3]\n mov x5,#0\n"
    "1: eor x6,x3,x5\n subs x2,x2,#8\n b.lo 2f\n"
    "ldr x7,[x1],#8\n eor x7,x7,x6\n str x7,[x0],#8\n {whole}\n add x5,x5,#1\n {count}\n cmp x2,#0\n b.ne 1b\n b 4f\n"
    "2: add x2,x2,#8\n str x6,[sp]\n {stack}\n add x1,x1,x2\n add x0,x0,x2\n add x10,sp,x2\n neg x2,x2\n {tail}\n"
    "3: ldrb w6,[x1,x2]\n ldrb w7,[x10,x2]\n eor w6,w6,w7\n {byte}\n strb w6,[x0,x2]\n {stored}\n"
    "add x2,x2,#1\n {next}\n cbnz x2,3b\n {end}\n"
    "4: add sp,sp,#16\n ret"
)
PLACES = ("whole", "count", "stack", "tail", "byte", "stored", "next", "end")


def stream(*, in_place: bool = False, room: int = 0) -> ProofFn:
    """Byte k of out is byte k of in xor byte k % 8 of the key xor k // 8; `out` has `room` bytes more."""

    def fn(p: Proof) -> None:
        n, flag = p.nat("n", low=1, high=2**30, unit=8), p.word("flag", public=True)
        key = p.region("key", 8, access="r")
        out = p.region("out", n + room, access="rw", cell=1)
        data = out if in_place else p.region("data", n, access="r", cell=1)
        p.call(x0=out, x1=data, x2=n, x3=key, x4=flag)
        p.modifies(out, p.stack(16))
        (word,) = key.words(64)

        def byte(k: Bits) -> list[Bits]:
            return [data.byte(k) ^ select(k & 7, (word ^ (k >> 3)).elems(8))]

        def done(s: State, upto: Bits) -> Claims:
            return {"out": out.holds(byte, upto=upto, at=s, words=1, width=8)}

        blocks, tail = p.routine.loops()

        @p.invariant(blocks, upto=(n + 7) >> 3)
        def _(s: State, i: Bits) -> Claims:
            return {"block": s.x5 == i, **done(s, 8 * i)}

        @p.invariant(tail, upto=n & 7)
        def _(s: State, i: Bits) -> Claims:
            return done(s, s.x1 + s.x2 - data.base)

        p.ensures(lambda s: done(s, n))

    return fn


#: Where, what is done there when x4 is the magic number, bytes of room after out, the kind that must fail.
BUGS = {
    "one byte too many": ("end", "strb w6,[x0]", 0, "memory"),
    "one byte too many, into room there is": ("end", "strb w6,[x0]", 8, "ensures"),
    "one byte too few": ("next", "cmn x2,#1\n b.eq 4f", 0, "ensures"),
    "the last byte of a block too few": ("stack", "cbz x2,4f\n sub x2,x2,#1\n cbz x2,4f", 0, "ensures"),
    "a byte twice": ("stored", "eor w6,w6,w7\n strb w6,[x0,x2]", 0, "invariant"),
    "the byte before": ("stored", "cbz x5,9f\n sub x8,x0,#1\n strb w6,[x8,x2]", 0, "invariant"),
    "the byte after": ("stored", "strb w6,[x0]", 8, "invariant"),
    "another byte of the key stream": ("tail", "add x10,x10,#1", 0, "invariant"),
    "a wrong bit of the byte": ("byte", "eor w6,w6,#0x80", 0, "invariant"),
    "a key stream changed on the stack": ("stack", "strb w6,[sp,#2]", 0, "invariant"),
    "a key stream changed byte by byte": ("stored", "strb wzr,[x10,x2]", 0, "memory"),
    "a key stream below the stack pointer": ("tail", "sub x10,x10,#16", 0, "memory"),
    "counter not incremented": ("count", "sub x5,x5,#1", 0, "invariant"),
    "counter incremented twice": ("count", "add x5,x5,#1", 0, "invariant"),
    "a block twice": ("whole", "eor x7,x7,x6\n str x7,[x0,#-8]", 0, "invariant"),
}


def code(place: str = "", wrong: str = "") -> str:
    """The routine, with the wrong code at its place."""
    at = dict.fromkeys(PLACES, "nop")
    if place:
        at[place] = f"cmp x4,x9\n b.ne 9f\n {wrong}\n9:"
    return CODE.format(**at)


@pytest.mark.parametrize("name", BUGS)
def test_wrong_stream_is_not_proved(name: str, tmp_path: Path) -> None:
    """Never `proved`; and the obligation that should catch it is among those that fail."""
    place, wrong, room, kind = BUGS[name]
    result = answer(tmp_path, code(place, wrong), stream(room=room))
    assert result.status is not Status.PROVED
    failed = {o.kind for o in result.obligations if o.status is not Status.PROVED}
    assert kind in failed, f"failed by {sorted(failed)}, not by {kind}"


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("room", [0, 8])
def test_right_stream_is_proved(in_place: bool, room: int, tmp_path: Path) -> None:
    """With a branch on the magic number at every place: the refusals are not for want of strength."""
    for place in PLACES if (in_place, room) == (False, 0) else PLACES[-1:]:
        result = answer(tmp_path, code(place, "nop"), stream(in_place=in_place, room=room))
        assert result.status is Status.PROVED, [o for o in result.obligations if o.status is not Status.PROVED]


def test_secrets_under_a_precondition_are_compared(tmp_path: Path) -> None:
    """A run whose secrets do not meet it is no run to compare with."""

    def fn(p: Proof) -> None:
        a = p.word("a")
        p.assume("a is even", a[0] == 0)
        p.call(x0=a)
        p.ensures(lambda s: {"still": s.x0[0] == 0})

    assert answer(tmp_path, "add x0,x0,#2\n ret", fn).status is Status.PROVED
