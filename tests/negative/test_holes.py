"""False statements of the kinds that reviews of the landed engine found proved, each beside a true twin.

Whose facts: what is computed for one path must not know what another knows.  Which memory: a claim reads what
lies in its region, and nothing else.  Where the stack is: SP stays a known number from where it was on entry.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from refusing import BUDGET, run, symbolically
from test_contracts import SUCCESSOR, contract, files

from armsym.dsl import Bits, Claims, Proof, Region, State, Words, ite
from armsym.elf import Image
from armsym.proof.engine import Engine
from armsym.proof.loops import Routine
from armsym.proof.result import Status
from armsym.proof.symbolic import SymbolicProof
from armsym.terms import new_table, ops
from armsym.terms.node import Var
from semantics import A64
from semantics.shared import AddWithCarry

MOST = 2**50


def explored(fn: Callable[[Proof], None], image: Image) -> dict[str, list[str]]:
    """What the symbolic run alone does not show, kind -> names: no number is run, where such reads would raise."""
    new_table()
    p = SymbolicProof(Routine(image, A64, "f"))
    fn(p)
    engine = Engine(p, {}, BUDGET)
    engine.run()
    open_: dict[str, list[str]] = {}
    for o in engine.obligations:
        if o.status is not Status.PROVED:
            open_.setdefault(o.kind, []).append(o.name)
    return open_


# -- whose facts --------------------------------------------------------------------------------

#: Fills out[j] with b[j] if n is 200, else a[j] (one each time); does nothing n times; last, rewrites out[0].
THREE_LOOPS = """mov x4,#0
1: cmp x3,#200
 ldr x5,[x1,x4,lsl #3]
 ldr x6,[x2,x4,lsl #3]
 csel x5,x6,x5,eq
 str x5,[x0,x4,lsl #3]
 add x4,x4,#1
 cmp x4,#2
 b.ne 1b
 mov x4,#0
2: add x4,x4,#1
 cmp x4,x3
 b.ne 2b
 mov x4,#0
3: ldr x5,[x0]
 cmp x3,#200
 b.eq 4f
 str x5,[x0]
4: add x4,x4,#1
 cmp x4,x3
 b.ne 3b
 ldr x0,[x0]
 ret"""


#: The same, but the choice is made by a mask, so no path knows n before the third loop, which rewrites out[0].
#: An engine whose next attempt began under the facts of the path that ended the last proved that x0 is a[0].
MASKED = """mov x4,#0
 mov x9,#200
 eor x9,x9,x3
 neg x10,x9
 orr x9,x9,x10
 asr x9,x9,#63
1: ldr x5,[x1,x4,lsl #3]
 ldr x6,[x2,x4,lsl #3]
 eor x5,x5,x6
 and x5,x5,x9
 eor x5,x5,x6
 str x5,[x0,x4,lsl #3]
 add x4,x4,#1
 cmp x4,#2
 b.ne 1b
 mov x4,#0
2: add x4,x4,#1
 cmp x4,x3
 b.ne 2b
 mov x4,#0
3: cmp x3,#200
 b.eq 4f
 ldr x5,[x0]
 str x5,[x0]
4: add x4,x4,#1
 cmp x4,x3
 b.ne 3b
 ldr x0,[x0]
 ret"""


@pytest.mark.parametrize("code", [THREE_LOOPS, MASKED], ids=["by branch", "by mask"])
@pytest.mark.parametrize("right", [True, False])
def test_a_cell_that_a_loop_writes_back(tmp_path: Path, right: bool, code: str) -> None:
    """The third loop's first guess is wrong on the path where n is not 200: that says nothing of n at its head."""

    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=300)
        out = p.region("out", 16, access="rw")
        a, b = p.region("a", 16, access="r"), p.region("b", 16, access="r")
        p.call(x0=out, x1=a, x2=b, x3=n)
        p.modifies(out)
        fill, idle, back = p.routine.loops()
        of_a, of_b = a.blocks(1, 64), b.blocks(1, 64)

        def chosen(j: Bits) -> Words:
            return Words([ite(n == 200, of_b(j)[0], of_a(j)[0])])

        @p.invariant(fill, upto=Bits(64, 2))
        def _(s: State, i: Bits) -> Claims:
            return {"count": s.x4 == i, "filled": out.holds(chosen, upto=i, at=s, words=1, width=64)}

        @p.invariant(idle, upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"count": s.x4 == i}

        @p.invariant(back, upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"count": s.x4 == i}

        p.ensures(lambda s: {"x0": s.x0 == (chosen(Bits(64, 0))[0] if right else of_a(0)[0])})

    assert explored(fn, files(tmp_path, code, SUCCESSOR)) == ({} if right else {"ensures": ["x0"]})


def test_flags_that_one_path_computed_are_not_anothers() -> None:
    """Flags are computed when asked: asked on one path, they may hold what only that path knows."""
    c, x = Bits(1, Var("c", 1)), Bits(64, Var("x", 64))
    value = ite(c == 1, x, ~x)
    _, flags = AddWithCarry(value, Bits(64, 5), Bits(1, 0))
    other = flags.fork()
    # Asked under an oracle, as on a path that knows c.
    outer = ops.set_oracle(lambda t: 1 if t is c.value else None)
    try:
        flags.Z  # noqa: B018 - it is computed, and kept, now
    finally:
        ops.set_oracle(outer)
    assert "Z" in vars(flags)
    assert "Z" not in vars(other)
    assert other.Z.bit.value == (value + 5 == 0).bit.value


# -- which memory -------------------------------------------------------------------------------

STORE = "str xzr,[x1]\n ret"


# -- blocks that leave their region -------------------------------------------------------------

FILL = "1: cbz x1,2f\n strb wzr,[x0],#1\n sub x1,x1,#1\n b 1b\n2: ret"


@pytest.mark.parametrize(("upto", "open_"), [(0, False), (2, False), (3, True), (2**61, True)])
def test_blocks_as_on_entry_past_the_end(tmp_path: Path, upto: int, open_: bool) -> None:
    """Nothing is written, and yet nothing can be said of what lies beyond."""

    def fn(p: Proof) -> None:
        out = p.region("out", 16, access="rw")
        p.call(x0=out)
        before = out.blocks(1, 64)
        p.ensures(lambda s: {"same": out.holds(before, upto=Bits(64, upto), at=s, words=1, width=64)})

    found = explored(fn, files(tmp_path, "ret", SUCCESSOR))
    assert found == ({"ensures": ["same"]} if open_ else {})


def test_blocks_whose_offsets_wrap(tmp_path: Path) -> None:
    """16 * i is 0 at i = 2^60: so many blocks do not lie in 16 bytes."""

    def fn(p: Proof) -> None:
        n = p.nat("n", high=2**61)
        out = p.region("out", 16, access="rw", cell=8)
        p.call(x0=out, x1=n)

        def as_before(j: Bits) -> list[Bits]:
            return [*out.blocks(2, 64)(j)]

        p.ensures(lambda s: {"same": out.holds(as_before, upto=n, at=s, words=2, width=64)})

    assert "ensures" in symbolically(fn, files(tmp_path, "ret", SUCCESSOR), "f")


# -- where the stack is -------------------------------------------------------------------------

STACK = [
    ("sub sp,sp,#32\n add sp,sp,#32\n ret", 32, 0, True),
    ("sub sp,sp,#48\n add sp,sp,#48\n ret", 32, 0, False),  # more than is declared
    ("add sp,sp,#16\n sub sp,sp,#16\n ret", 32, 16, True),
    ("add sp,sp,#16\n sub sp,sp,#16\n ret", 32, 0, False),  # the caller's, not lent
    ("add sp,sp,#32\n sub sp,sp,#32\n ret", 32, 16, False),
    ("sub sp,sp,#64\n and x2,x1,#16\n str x1,[sp]\n add sp,sp,x2\n sub sp,sp,x2\n add sp,sp,#64\n ret", 64, 0, False),
    ("mov x2,sp\n mov sp,x1\n mov sp,x2\n ret", 32, 0, False),  # any number
    ("mov x2,sp\n mov sp,x0\n mov sp,x2\n ret", 32, 0, False),  # a region
]


@pytest.mark.parametrize(("code", "below", "above", "right"), STACK)
def test_the_stack_pointer_stays_known(tmp_path: Path, code: str, below: int, above: int, right: bool) -> None:
    def fn(p: Proof) -> None:
        a = p.region("a", 64, access="rw", align=16)
        n = p.nat("n", high=255)
        p.call(x0=a, x1=n)
        p.modifies(a, p.stack(below, above=above))
        p.ensures(lambda s: {"x0": s.x0 == a.base})

    found = symbolically(fn, files(tmp_path, code, SUCCESSOR), "f")
    assert found == ({} if right else {"memory": ["SP is its value on entry and a known number"]})


# -- what was shown is said once ----------------------------------------------------------------


def test_the_frame_is_not_proved_beside_a_change(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        r = p.region("r", 8, access="rw")
        p.call(x0=r)
        p.ensures(lambda s: {"x0": s.x0 == r.base})

    from armsym.proof.result import Status

    image = files(tmp_path, "str xzr,[x0]\n ret", SUCCESSOR)
    assert symbolically(fn, image, "f") == {"frame": ["r is unchanged"]}
    result = run(fn, image, "f")
    assert not [o for o in result.obligations if o.kind == "frame" and o.status is Status.PROVED]


# -- through a contract -------------------------------------------------------------------------


# -- which memory -------------------------------------------------------------------------------

STORE = "str xzr,[x1]\n ret"


@pytest.mark.parametrize(("at", "open_"), [(0, False), (1, False), (15, False), (16, True), (2**64 - 1, True)])
def test_a_byte_past_the_end_is_not_as_on_entry(tmp_path: Path, at: int, open_: bool) -> None:
    """Another region may lie there, and is written."""

    def fn(p: Proof) -> None:
        a, b = p.region("a", 16, access="r", cell=1), p.region("b", 8, access="w")
        p.call(x0=a, x1=b)
        p.modifies(b)
        p.ensures(lambda s: {"a": a.byte(at, at=s) == a.byte(at)})

    found = explored(fn, files(tmp_path, STORE, SUCCESSOR))
    assert found == ({"ensures": ["a"]} if open_ else {})


@pytest.mark.parametrize(("back", "open_"), [(1, False), (0, True), (2, True)])
def test_a_byte_at_a_length(tmp_path: Path, back: int, open_: bool) -> None:
    """n - 1 is in it; n is past it; n - 2 is not in it for n = 1."""

    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=MOST)
        a, b = p.region("a", n, access="r", cell=1), p.region("b", 8, access="w")
        p.call(x0=a, x1=b)
        p.modifies(b)
        p.ensures(lambda s: {"a": a.byte(n - back, at=s) == a.byte(n - back)})

    found = explored(fn, files(tmp_path, STORE, SUCCESSOR))
    assert found == ({"ensures": ["a"]} if open_ else {})


@pytest.mark.parametrize(("offset", "open_"), [(0, False), (8, False), (9, True), (16, True), (2**64 - 1, True)])
def test_an_address_past_the_end(tmp_path: Path, offset: int, open_: bool) -> None:
    """`s.load` finds the region by the base; the bytes have to lie in it, all of them."""

    def fn(p: Proof) -> None:
        a, b = p.region("a", 16, access="r", cell=1), p.region("b", 8, access="w")
        p.call(x0=a, x1=b)
        p.modifies(b)
        before = [a.byte(Bits(64, offset) + k) for k in range(8)]
        p.ensures(lambda s: {"a": [s.load(a.base + offset + k, 8) == v for k, v in enumerate(before)]})

    found = explored(fn, files(tmp_path, STORE, SUCCESSOR))
    assert found == ({"ensures": ["a"]} if open_ else {})


@pytest.mark.parametrize(("mask", "open_"), [(15, False), (31, True)])
def test_bytes_beyond_a_zeroed_region(tmp_path: Path, mask: int, open_: bool) -> None:
    """What a look-up cannot find is no zero."""

    def fn(p: Proof) -> None:
        k = p.nat("k", high=1000)
        a = p.region("a", 16, access="rw", cell=1)
        p.call(x0=a)
        p.modifies(a)
        p.ensures(lambda s: {"zero": a.byte(k & mask, at=s) == 0})

    found = explored(fn, files(tmp_path, "stp xzr,xzr,[x0]\n ret", SUCCESSOR))
    assert list(found) == (["ensures"] if open_ else [])


@pytest.mark.parametrize(("at", "open_"), [(15, False), (16, True)])
def test_a_precondition_about_what_lies_beyond(tmp_path: Path, at: int, open_: bool) -> None:
    def fn(p: Proof) -> None:
        a = p.region("a", 16, access="r", cell=1)
        p.call(x0=a)
        p.assume("that byte is 7", a.byte(at) == 7)
        p.ensures(lambda s: {"x0": s.x0 == a.base})

    found = explored(fn, files(tmp_path, "ret", SUCCESSOR))
    assert found == ({"lemma": ["that byte is 7"]} if open_ else {})


def test_a_state_kept_from_another_proof(tmp_path: Path) -> None:
    """Nobody looks whether what is read of it lies in the region."""
    kept: list[State] = []

    def fn(p: Proof) -> None:
        a = p.region("a", 16, access="r", cell=1)
        p.call(x0=a)
        old = kept[:]

        @p.ensures
        def _(s: State) -> Claims:
            kept.append(s)
            return {"a": a.byte(0, at=old[0] if old else s) == a.byte(0)}

    image = files(tmp_path, "ret", SUCCESSOR)
    assert explored(fn, image) == {}
    assert explored(fn, image) == {"decode": ["the proof can be evaluated"]}


#: Zeros n bytes at x0, then m at x2.
TWO_FILLS = """mov x4,#0
1: cmp x4,x1
 b.eq 2f
 strb wzr,[x0,x4]
 add x4,x4,#1
 b 1b
2: mov x4,#0
3: cmp x4,x3
 b.eq 4f
 strb wzr,[x2,x4]
 add x4,x4,#1
 b 3b
4: ret"""


@pytest.mark.parametrize("kept", ["function", "memo"])
@pytest.mark.parametrize("longer", [False, True])
def test_blocks_of_two_buffers_by_one_function(tmp_path: Path, longer: bool, kept: str) -> None:
    """What the function reads of the state was shown to lie in `a` for j < n: not so for the second buffer's j < m."""

    def fn(p: Proof) -> None:
        n, m = p.nat("n", high=MOST), p.nat("m", high=MOST)
        a = p.region("a", n, access="r", cell=1)
        one = p.region("one", n, access="rw", cell=1)
        two = p.region("two", m, access="rw", cell=1)
        p.call(x0=one, x1=n, x2=two, x3=m, x5=a)
        p.modifies(one, two)
        if not longer:
            p.assume("m <= n", m <= n)

        def zero(j: Bits) -> list[Bits]:
            return [Bits(8, 0)]

        for loop, out, upto in zip(p.routine.loops(), (one, two), (n, m), strict=True):

            @p.invariant(loop, upto=upto, inclusive=True)
            def _(s: State, i: Bits, out: Region = out) -> Claims:
                return {"count": s.x4 == i, "zero": out.holds(zero, upto=i, at=s, words=1, width=8)}

        @p.ensures
        def _(s: State) -> Claims:
            def changed(j: Bits) -> list[Bits]:
                return [a.byte(j, at=s) ^ a.byte(j)]

            f = changed if kept == "function" else p.memo(changed)
            return {
                "one": one.holds(f, upto=n, at=s, words=1, width=8),
                "two": two.holds(f, upto=m, at=s, words=1, width=8),
            }

    found = explored(fn, files(tmp_path, TWO_FILLS, SUCCESSOR))
    if kept == "memo":
        assert found == {"decode": ["the proof can be evaluated"]}  # it is of what was declared only
    else:
        assert found == ({"ensures": ["two"]} if longer else {})


# -- offsets as numbers modulo 2**64 ------------------------------------------------------------

#: Stores 8 zeros at x0 + 4096 where n = 2^63, and then loads them.
FAR_STORE = """movz x2,#0x8000,lsl #48
 {}
 add x4,x3,x1
 str xzr,[x0,x4]
 cmp x1,x2
 b.ne 1f
 ldr x0,[x0,#4096]
 ret
1: mov x0,#0
 ret"""

#: Stores 8 zeros at x0 + n - 2^63 and loads the last four of them.
FAR_LOAD = """movz x2,#0x8000,lsl #48
 sub x3,x2,#4
 add x4,x3,x1
 str xzr,[x0,x4]
 add x4,x4,#4
 ldr w0,[x0,x4]
 ret"""


@pytest.mark.parametrize("right", [True, False])
def test_a_store_far_from_the_variable_in_its_offset(tmp_path: Path, right: bool) -> None:
    """n - 2^63 + 4096 is 4096 for n = 2^63, whichever of the numbers is taken for negative."""

    def fn(p: Proof) -> None:
        n = p.nat("n", low=2**63 - 4096, high=2**63)
        a = p.region("a", 4104, access="rw", cell=1)
        p.call(x0=a, x1=n)
        p.modifies(a)
        p.ensures(lambda s: {"x0": (n == 2**63).implies(s.x0[7:0] == (0 if right else a.byte(4096)))})

    # Refused even where it is true: so far is too far.
    found = explored(fn, files(tmp_path, FAR_STORE.format("add x3,x2,#1,lsl #12"), SUCCESSOR))
    assert found["memory"] == ["every access is permitted"]


@pytest.mark.parametrize("right", [True, False])
def test_a_store_across_half_of_the_numbers(tmp_path: Path, right: bool) -> None:
    def fn(p: Proof) -> None:
        n = p.nat("n", low=2**63 + 4, high=2**63 + 96)
        a = p.region("a", 100, access="rw", cell=1)
        p.call(x0=a, x1=n)
        p.modifies(a)
        p.ensures(lambda s: {"x0": s.x0[7:0] == (0 if right else a.byte(n - 2**63))})

    assert explored(fn, files(tmp_path, FAR_LOAD, SUCCESSOR))["memory"] == ["every access is permitted"]


@pytest.mark.parametrize("right", [True, False])
def test_a_store_at_an_offset_that_becomes_a_number(tmp_path: Path, right: bool) -> None:
    """What was stored at n - 8 lies at 4096 once n is known."""

    def fn(p: Proof) -> None:
        n = p.nat("n", low=8, high=4104)
        a = p.region("a", 4104, access="rw", cell=1)
        p.call(x0=a, x1=n)
        p.modifies(a)
        p.ensures(lambda s: {"x0": (n == 4104).implies(s.x0[7:0] == (0 if right else a.byte(4096)))})

    code = FAR_STORE.format("mov x2,#4104\n mov x3,#-8")
    assert explored(fn, files(tmp_path, code, SUCCESSOR)) == ({} if right else {"ensures": ["x0"]})


# -- blocks that leave their region -------------------------------------------------------------

FILL = "nop\n1: cbz x1,2f\n strb wzr,[x0],#1\n sub x1,x1,#1\n b 1b\n2: ret"


@pytest.mark.parametrize("scale", [1, 2])
def test_blocks_claimed_beyond_the_region(tmp_path: Path, scale: int) -> None:
    def fn(p: Proof) -> None:
        n = p.nat("n", high=MOST)
        out = p.region("out", n, access="w", cell=1)
        p.call(x0=out, x1=n)
        p.modifies(out)

        def zero(j: Bits) -> list[Bits]:
            return [Bits(8, 0)]

        @p.invariant(p.routine.back_edge(), upto=n, inclusive=True)
        def _(s: State, i: Bits) -> Claims:
            return {
                "left": s.x1 == n - i,
                "at": s.x0 == out.base + i,
                "z": out.holds(zero, upto=i * scale, at=s, words=1, width=8),
            }

        p.ensures(lambda s: {"x1": s.x1 == 0})

    found = explored(fn, files(tmp_path, FILL, SUCCESSOR))
    assert ("invariant" in found) == (scale == 2)
    assert scale == 2 or not found


@pytest.mark.parametrize(("at", "open_"), [(7, False), (8, True)])
def test_a_contract_that_speaks_of_what_lies_beyond(tmp_path: Path, at: int, open_: bool) -> None:
    """g leaves `word` alone, and says so of a byte of its caller's that another region holds."""

    def keeps(p: Proof) -> None:
        word = p.region("word", 8, access="r", cell=1)
        p.call(x0=word)
        p.ensures(lambda s: {"same": s.load(word.base + at, 8) == word.byte(at)})

    definition = contract(keeps)

    def caller(p: Proof) -> None:
        data = p.region("data", 8, access="r", cell=1)
        p.call(x0=data)
        p.uses(definition)
        p.ensures(lambda s: {"DIT": s.machine.dit == p.entry.machine.dit})

    image = files(tmp_path, "b g", "ret")
    found = explored(caller, image)
    assert [n for k, names in found.items() if k == "contract" for n in names] == (["keeps: same"] if open_ else [])


def test_words_past_the_end_in_an_invariant(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        n = p.nat("n", high=MOST)
        a, b = p.region("a", 8 * n, access="r"), p.region("b", 8, access="w")
        p.call(x0=a, x1=n, x2=b)
        p.modifies(b)
        after = a.blocks(1, 64)

        @p.invariant(p.routine.back_edge(), upto=n, inclusive=True)
        def _(s: State, i: Bits) -> Claims:
            return {"left": s.x1 == n - i, "next": Words(a.blocks(1, 64, at=s)(i)) == after(i)}

        p.ensures(lambda s: {"done": s.x1 == 0})

    image = files(tmp_path, "nop\n1: cbz x1,2f\n str xzr,[x2]\n sub x1,x1,#1\n b 1b\n2: ret", SUCCESSOR)
    found = explored(fn, image)
    assert list(found) == ["invariant"]
    assert all("next" in name for name in found["invariant"])
