"""An input that begins some bytes after the output, in one buffer: code that is wrong for some distance is refused.

The routine turns over all bits of n blocks of 16 bytes, or of n bytes.  What is right for a distance is proved, so that
what is refused is refused for it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from test_engine_negative import MAGIC, SET, ProofFn, answer

from armsym.bits import Bits, ite
from armsym.errors import InputError
from armsym.proof.declare import Proof
from armsym.proof.handles import Claims
from armsym.proof.part import Part
from armsym.proof.result import ProofResult, Status
from armsym.proof.state import State

#: x0 the input, x1 the output, x2 = n blocks of 16 bytes: two words, whose loads and stores {0} has.
WORDS = SET + "sub x7,x0,x1\n 1: {0}\n add x0,x0,#16\n add x1,x1,#16\n subs x2,x2,#1\n b.ne 1b\n ret"
FIRST, STORE_FIRST = "ldr x5,[x0]\n mvn x5,x5", "str x5,[x1]"
SECOND, STORE_SECOND = "ldr x6,[x0,#8]\n mvn x6,x6", "str x6,[x1,#8]"
RIGHT = f"{FIRST}\n {STORE_FIRST}\n {SECOND}\n {STORE_SECOND}"


def buffer(
    *, low: int = 0, high: int = 2**40, unit: int = 16, off: int = 0, least: int = 1, aligned: int = 1
) -> ProofFn:
    """n blocks of `unit` bytes are turned over; the input begins low .. high bytes (times `aligned`) after the output.

    The claim takes them for `off` bytes further on.
    """

    def fn(p: Proof) -> None:
        n, d = p.nat("n", low=least, high=2**40), p.nat("d", low=low, high=high)
        ahead = aligned * d
        out = p.region("out", ahead + off + n * unit, access="rw", cell=1)
        given = Part(out, at=ahead, size=n * unit)
        M = Part(out, at=ahead + off, size=n * unit).blocks(unit, 8)
        p.call(x0=given, x1=out, x2=n)
        p.modifies(out)

        def done(s: State, upto: Bits) -> Claims:
            return {"out": out.holds(lambda j: [~b for b in M(j)], upto=upto, at=s, words=unit, width=8)}

        p.invariant(p.routine.back_edge(), upto=n)(done)
        p.ensures(lambda s: done(s, n))

    return fn


def run(folder: Path, code: str, fn: ProofFn) -> ProofResult:
    return answer(folder, WORDS.format(code), fn)


@pytest.mark.parametrize("aligned", [1, 16])
def test_forwards_at_any_distance(tmp_path: Path, aligned: int) -> None:
    r = run(tmp_path, RIGHT, buffer(aligned=aligned))
    assert r.status is Status.PROVED, [(o.name, o.detail) for o in r.obligations if o.status is not Status.PROVED]


@pytest.mark.parametrize(
    ("code", "least"),
    [
        # The second word is read after something else was stored to its place.
        (f"{FIRST}\n {STORE_FIRST}\n str x5,[x1,#8]\n {SECOND}\n {STORE_SECOND}", 8),
        # Both are, and the first one.
        (f"stp xzr,xzr,[x1]\n {RIGHT}", 16),
        # One byte of the first.
        (f"strb wzr,[x1]\n {RIGHT}", 1),
    ],
)
def test_the_least_distance(tmp_path: Path, code: str, least: int) -> None:
    assert run(tmp_path, code, buffer(low=least)).status is Status.PROVED
    assert run(tmp_path, code, buffer(low=least - 1, high=least - 1)).status is Status.REFUTED
    assert run(tmp_path, code, buffer(low=least - 1)).status is not Status.PROVED


@pytest.mark.parametrize(
    "fault",
    [
        "ldr x5,[x0,#1]\n mvn x5,x5\n str x5,[x1]",  # another byte
        "strb wzr,[x0]",  # the input, of which some lies beyond the output
        "ldr x5,[x1,#-16]\n mvn x5,x5\n str x5,[x1]",  # what was stored before
        "str x5,[x1,#16]",  # what is to be read
    ],
)
def test_wrong_for_one_distance_that_runs_do_not_meet(tmp_path: Path, fault: str) -> None:
    r = run(tmp_path, f"{RIGHT}\n cmp x7,x9\n b.ne 9f\n {fault}\n 9:", buffer(high=2**61))
    assert r.status is not Status.PROVED
    assert run(tmp_path, f"{RIGHT}\n cmp x7,x9\n b.ne 9f\n nop\n 9:", buffer(high=2**61)).status is Status.PROVED


def test_the_number_that_runs_do_not_meet_is_a_distance() -> None:
    assert MAGIC < 2**61


@pytest.mark.parametrize("off", [1, 16])
def test_another_distance_than_is_claimed(tmp_path: Path, off: int) -> None:
    assert run(tmp_path, RIGHT, buffer(off=off)).status is Status.REFUTED


BACKWARDS = "sub x5,x2,#1\n 1: ldrb w6,[x0,x5]\n mvn w6,w6\n strb w6,[x1,x5]\n subs x5,x5,#1\n b.pl 1b\n ret"


def test_backwards_is_right_in_place_only(tmp_path: Path) -> None:
    assert answer(tmp_path, BACKWARDS, buffer(unit=1, low=1)).status is Status.REFUTED


#: After the loop: for so many blocks that no run has them, the byte of the output at x3.
BEHIND = WORDS.replace("sub x7,x0,x1", "mov x7,x2").replace(
    " ret", " mov x0,#0\n lsr x9,x9,#8\n cmp x7,x9\n b.lo 2f\n ldrb w0,[x4,x3]\n 2: ret"
)


@pytest.mark.parametrize("beyond", [True, False])
def test_only_what_lies_beyond_the_stores_is_as_on_entry(tmp_path: Path, beyond: bool) -> None:
    """The byte at x3 is what it was if it lies among the last 16, and is not among the first."""

    def fn(p: Proof) -> None:
        n, r = p.nat("n", low=2, high=2**57), p.nat("r", high=15)
        at = 16 * n + r if beyond else r
        out = p.region("out", 16 * n + 16, access="rw", cell=1)
        p.call(x0=out, x1=out, x2=n, x3=at, x4=out)
        p.modifies(out)
        M = out.blocks(16, 8)

        def done(s: State, upto: Bits) -> Claims:
            return {"out": out.holds(lambda j: [~b for b in M(j)], upto=upto, at=s, words=16, width=8)}

        p.invariant(p.routine.back_edge(), upto=n)(done)
        read = n >= MAGIC >> 8
        p.ensures(lambda s: {"x0": s.x0 == ite(read, out.byte(at).zero_extend(64), Bits(64, 0))})

    r = answer(tmp_path, BEHIND.format(RIGHT), fn)
    assert (r.status is Status.PROVED) is beyond, [o for o in r.obligations if o.status is not Status.PROVED]


ON_NUMBERS: dict[str, tuple[Callable[[Proof], object], str]] = {
    "past the end": (
        lambda p: Part(p.region("r", 16, access="r"), at=9, size=8),
        "ends at byte 0x11, the region at 0x10",
    ),
    "a part of no region": (lambda p: Part(p.word("n"), at=0, size=8), "a Region that p.region made"),  # type: ignore[arg-type]
    "32 bits": (lambda p: Part(p.region("r", 16, access="r"), at=Bits(32, 0), size=8), "64 bits"),
    "negative": (lambda p: Part(p.region("r", 16, access="r"), at=-1, size=8), "where a part begins"),
    "a frame": (lambda p: p.modifies(Part(p.region("r", 16, access="rw"), at=0, size=8)), "modifies"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("what", ON_NUMBERS)
def test_what_is_no_part(tmp_path: Path, what: str) -> None:
    declare, message = ON_NUMBERS[what]

    def fn(p: Proof) -> None:
        declare(p)

    with pytest.raises(InputError, match=message):
        answer(tmp_path, "ret", fn)


def test_what_is_read_of_a_part(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        r = p.region("r", 24, access="r", cell=1)
        part = Part(r, at=8, size=16)
        p.call(x0=part)
        p.ensures(
            lambda s: {
                "address": s.x0 == r.base + 8,
                "words": part.words(64, count=2) == r.words(64)[1:],
                "blocks": part.blocks(1, 64)(1) == r.words(64)[2:],
                "byte": part.byte(15) == r.byte(23),
                "state": part.byte(0, at=s) == r.byte(8),
                "big": part.words(32, count=1, order="big") == r.words(32, order="big")[2:3],
            }
        )

    assert answer(tmp_path, "ret", fn).status is Status.PROVED
