"""False claims about wrong code, built to slip through the engine: each must fail, by the obligation named here.

Every routine goes wrong only for a rare public number (`MAGIC`), so that random runs do not notice:
it is the symbolic proof that has to refuse.  Most of these were proved once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from assembling import assembled

from armsym.bits import Bits, Prop, ite, opaque
from armsym.elf import Image, load
from armsym.errors import ArmsymError, InputError, SymbolicTruthError
from armsym.proof.declare import Proof
from armsym.proof.engine import Budget
from armsym.proof.handles import Claims
from armsym.proof.result import ProofResult, Status
from armsym.proof.run import prove
from armsym.proof.state import State, Words
from semantics import A64

MAGIC = 0x1234_5678_90AB_CDEF
#: x9 = MAGIC
SET = "movz x9,#0xcdef\n movk x9,#0x90ab,lsl 16\n movk x9,#0x5678,lsl 32\n movk x9,#0x1234,lsl 48\n"

ProofFn = Callable[[Proof], None]


@pytest.fixture(autouse=True)
def _short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    # Endless routines are found out sooner.
    monkeypatch.setattr("armsym.proof.trials.MAX_STEPS", 20_000)


def routine(folder: Path, text: str) -> Image:
    """An object file whose function `f` is this text."""
    source = f".arch armv8.4-a\n.text\n.global f\n.type f,%function\nf:\n{text}\n.size f,.-f\n"
    (folder / "f.o").write_bytes(assembled(source))
    return load(str(folder / "f.o"))


def answer(folder: Path, text: str, fn: ProofFn) -> ProofResult:
    """The engine's answer, with a small budget."""
    budget = Budget(seconds=20, claim_ms=1000, paths=100)
    return prove(fn, name="negative", image=routine(folder, text), symbol="f", isa=A64, budget=budget)


@dataclass(frozen=True)
class Case:
    """Wrong code or a false claim; some obligation of `kind` must fail."""

    code: str
    proof: ProofFn
    kind: str


CASES: dict[str, Case] = {}


def case(kind: str, code: str) -> Callable[[ProofFn], ProofFn]:
    def add(fn: ProofFn) -> ProofFn:
        CASES[fn.__name__] = Case(code, fn, kind)
        return fn

    return add


def _counted(p: Proof, *, inclusive: bool = False) -> tuple[Bits, Bits]:
    """x1 = n iterations to go, x2 = a public number; the invariant speaks of x1 only."""
    n, flag = p.nat("n", low=1, high=100), p.word("flag", public=True)

    @p.invariant(p.routine.back_edge(), upto=n, inclusive=inclusive)
    def _(s: State, i: Bits) -> Claims:
        return {"left": s.x1 == n - i}

    return n, flag


# -- single facts ---------------------------------------------------------------------------------


@case("ensures", SET + "cmp x0,x9\n b.ne 1f\n mov x0,#0\n1: ret")
def wrong_for_one_number(p: Proof) -> None:
    a = p.word("a", public=True)
    p.call(x0=a)
    p.ensures(lambda s: {"same": s.x0 == a})


@case("constant-time", SET + "cmp x0,x9\n b.ne 1f\n nop\n1: ret")
def branch_on_a_secret(p: Proof) -> None:
    a = p.word("a")
    p.call(x0=a)
    p.ensures(lambda s: {"same": s.x0 == a})


@case("abi", SET + "cmp x0,x9\n b.ne 1f\n mov x19,#0\n1: ret")
def callee_saved_register_lost(p: Proof) -> None:
    a = p.word("a", public=True)
    p.call(x0=a)
    p.ensures(lambda s: {"same": s.x0 == a})


@case("abi", SET + "cmp x0,x9\n b.ne 1f\n movi d8,#0\n1: ret")
def callee_saved_vector_lost(p: Proof) -> None:
    a = p.word("a", public=True)
    p.call(x0=a)
    p.ensures(lambda s: {"same": s.x0 == a})


@case("abi", SET + "1: subs x1,x1,#1\n b.eq 3f\n cmp x2,x9\n b.ne 1b\n movi d8,#0\n b 1b\n3: ret")
def callee_saved_vector_lost_in_a_loop(p: Proof) -> None:
    n, flag = _counted(p)
    p.call(x1=n, x2=flag)
    p.ensures(lambda s: {"x1": s.x1 == 0})


@case("abi", SET + "cmp x0,x9\n b.ne 1f\n sub sp,sp,#16\n1: ret")
def stack_pointer_moved(p: Proof) -> None:
    a = p.word("a", public=True)
    p.call(x0=a)
    p.modifies(p.stack(16))
    p.ensures(lambda s: {"same": s.x0 == a})


@case("decode", SET + "cmp x0,x9\n b.ne 1f\n br x9\n1: ret")
def jump_to_a_number(p: Proof) -> None:
    a = p.word("a", public=True)
    p.call(x0=a)
    p.ensures(lambda s: {"same": s.x0 == a})


@case("abi", "msr dit,#1\n ret")
def dit_left_set(p: Proof) -> None:
    p.call(x0=1)
    p.ensures(lambda s: {"x0": s.x0 == 1})


@case("ensures", "mrs x0,dit\n ret")
def dit_is_not_a_number(p: Proof) -> None:
    p.call(x0=1)
    p.ensures(lambda s: {"x0": s.x0 == 0})


# -- memory ---------------------------------------------------------------------------------------


@case("frame", SET + "cmp x2,x9\n b.ne 1f\n str x9,[x0,#24]\n1: ret")
def undeclared_write(p: Proof) -> None:
    flag, out = p.word("flag", public=True), p.region("out", 64, access="rw")
    p.call(x0=out, x2=flag)
    p.ensures(lambda s: {"x2": s.x2 == flag})


@case("memory", SET + "cmp x2,x9\n b.ne 1f\n ldr x3,[x0,#60]\n1: ret")
def read_beyond_the_end(p: Proof) -> None:
    flag, data = p.word("flag", public=True), p.region("data", 64, access="r")
    p.call(x0=data, x2=flag)
    p.ensures(lambda s: {"x2": s.x2 == flag})


@case("memory", SET + "cmp x2,x9\n b.ne 1f\n ldr x3,[x0,#-8]\n1: ret")
def read_before_the_start(p: Proof) -> None:
    flag, data = p.word("flag", public=True), p.region("data", 64, access="r")
    p.call(x0=data, x2=flag)
    p.ensures(lambda s: {"x2": s.x2 == flag})


@case("memory", "ldr x3,[x0,x1,lsl #3]\n ret")
def read_at_an_index_that_may_reach_the_end(p: Proof) -> None:
    n, k = p.nat("n", low=5, high=100), p.nat("k", low=0, high=101)
    data = p.region("data", 8 * n, access="r")
    p.assume("k <= n", k <= n)
    p.call(x0=data, x1=k)
    p.ensures(lambda s: {"x1": s.x1 == k})


@case("memory", "cbnz x1,1f\n ldrb w3,[x0]\n1: ret")
def read_of_an_empty_region(p: Proof) -> None:
    n = p.nat("n", low=0, high=100)
    data = p.region("data", n, access="r")
    p.call(x0=data, x1=n)
    p.ensures(lambda s: {"x1": s.x1 == n})


@case("memory", SET + "cmp x2,x9\n b.ne 1f\n str x2,[x0]\n1: ret")
def write_to_what_is_read_only(p: Proof) -> None:
    flag, data = p.word("flag", public=True), p.region("data", 64, access="r")
    p.call(x0=data, x2=flag)
    p.modifies(data)
    p.ensures(lambda s: {"x2": s.x2 == flag})


@case("memory", SET + "cmp x2,x9\n b.ne 1f\n str x2,[sp,#-8]\n1: ret")
def write_below_sp(p: Proof) -> None:
    flag = p.word("flag", public=True)
    p.call(x2=flag)
    p.modifies(p.stack(16))
    p.ensures(lambda s: {"x2": s.x2 == flag})


@case("ensures", "sub sp,sp,#16\n str x0,[sp]\n add sp,sp,#16\n sub sp,sp,#16\n ldr x0,[sp]\n add sp,sp,#16\n ret")
def what_was_below_sp_is_lost(p: Proof) -> None:
    a = p.word("a")
    p.call(x0=a)
    p.modifies(p.stack(16))
    p.ensures(lambda s: {"x0": s.x0 == a})


@case("memory", "ldr x3,[x0,x1,lsl #3]\n str x3,[x0,x2,lsl #3]\n ldr x4,[x0,x1,lsl #3]\n ret")
def offsets_that_may_meet(p: Proof) -> None:
    k, j = p.nat("k", low=0, high=7), p.nat("j", low=0, high=7)
    data = p.region("data", 64, access="rw")
    p.call(x0=data, x1=k, x2=j)
    p.modifies(data)
    p.ensures(lambda s: {"same": s.x3 == s.x4})


# -- loops ----------------------------------------------------------------------------------------


@case("termination", "1: cmp x0,x2\n b.eq 1b\n ret")
def endless_with_a_bound_that_wraps(p: Proof) -> None:
    a, flag = p.word("a", public=True), p.word("flag", public=True)
    p.call(x0=a, x2=flag)

    @p.invariant(p.routine.back_edge(), upto=Bits(64, 2**64 - 1), inclusive=True)
    def _(s: State, i: Bits) -> Claims:
        return {"x0": s.x0 == a, "x2": s.x2 == flag}

    p.ensures(lambda s: {"x0": s.x0 == a})


@case("termination", SET + "nop\n1: cmp x2,x9\n b.eq 1b\n subs x1,x1,#1\n b.ne 1b\n ret")
def endless_on_one_path(p: Proof) -> None:
    n, flag = _counted(p)
    p.call(x1=n, x2=flag)
    p.ensures(lambda s: {"x2": s.x2 == flag})


@case(
    "termination",
    SET + "nop\n1: mov x3,x4\n2: cmp x2,x9\n b.eq 2b\n subs x3,x3,#1\n b.ne 2b\n subs x1,x1,#1\n b.ne 1b\n ret",
)
def endless_inner_loop(p: Proof) -> None:
    n, k, flag = p.nat("n", low=1, high=9), p.nat("k", low=1, high=9), p.word("flag", public=True)
    p.call(x1=n, x4=k, x2=flag)
    outer, inner = sorted(p.routine.all_loops, key=lambda x: x.head)

    @p.invariant(outer, upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"left": s.x1 == n - i}

    @p.invariant(inner, upto=k)
    def _(s: State, i: Bits) -> Claims:
        return {"left": s.x3 == k - i}

    p.ensures(lambda s: {"x2": s.x2 == flag})


@case(
    "ensures",
    SET + "nop\n1: mov x3,x4\n2: cmp x2,x9\n b.ne 3f\n mov x5,#0\n"
    "3: subs x3,x3,#1\n b.ne 2b\n subs x1,x1,#1\n b.ne 1b\n ret",
)
def inner_loop_changes_what_the_outer_one_keeps(p: Proof) -> None:
    n, k, flag, a = (
        p.nat("n", low=1, high=9),
        p.nat("k", low=1, high=9),
        p.word("flag", public=True),
        p.word("a", public=True),
    )
    p.call(x1=n, x4=k, x2=flag, x5=a)
    outer, inner = sorted(p.routine.all_loops, key=lambda x: x.head)

    @p.invariant(outer, upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"left": s.x1 == n - i}

    @p.invariant(inner, upto=k)
    def _(s: State, i: Bits) -> Claims:
        return {"left": s.x3 == k - i}

    p.ensures(lambda s: {"x5": s.x5 == a})


@case("ensures", SET + "1: cbz x1,3f\n cmp x2,x9\n b.ne 2f\n str x9,[x0,#24]\n2: sub x1,x1,#1\n b 1b\n3: ret")
def store_on_one_path_of_a_loop(p: Proof) -> None:
    n, flag = _counted(p, inclusive=True)
    out = p.region("out", 64, access="rw")
    p.call(x0=out, x1=n, x2=flag)
    p.modifies(out)
    p.ensures(lambda s: {"unchanged": out.words(width=64, at=s) == out.words(width=64)})


@case(
    "ensures", SET + "1: str x1,[x0]\n cbz x1,3f\n cmp x2,x9\n b.ne 2f\n str x9,[x0,#8]\n2: sub x1,x1,#1\n b 1b\n3: ret"
)
def cells_that_grow_while_the_loop_is_explored(p: Proof) -> None:
    n, flag = _counted(p, inclusive=True)
    out = p.region("out", 64, access="rw")
    p.call(x0=out, x1=n, x2=flag)
    p.modifies(out)
    p.ensures(lambda s: {"high": out.words(width=128, at=s)[0][127:64] == out.words(width=128)[0][127:64]})


@case("ensures", SET + "1: cbz x1,3f\n cmp x2,x9\n b.ne 2f\n mov x5,#0\n2: sub x1,x1,#1\n b 1b\n3: ret")
def register_on_one_path_of_a_loop(p: Proof) -> None:
    n, flag = _counted(p, inclusive=True)
    a = p.word("a", public=True)
    p.call(x1=n, x2=flag, x5=a)
    p.ensures(lambda s: {"x5": s.x5 == a})


@case("ensures", SET + "cmp x5,x5\n1: cbz x1,3f\n cmp x2,x9\n sub x1,x1,#1\n b 1b\n3: cset x5,ne\n ret")
def flags_of_a_loop(p: Proof) -> None:
    n, flag = _counted(p, inclusive=True)
    p.assume("flag is not the magic number, or there is no iteration", ~(flag == MAGIC))
    p.call(x1=n, x2=flag)
    p.ensures(lambda s: {"x5": s.x5 == 0})


@case("ensures", SET + "cmp x2,x9\n b.eq 2f\n1: subs x1,x1,#1\n b.ne 1b\n2: ret")
def a_path_around_the_loop(p: Proof) -> None:
    n, flag = _counted(p)
    p.call(x1=n, x2=flag)
    p.ensures(lambda s: {"x1": s.x1 == 0})


@case("invariant", SET + "mov x3,#0\n cmp x2,x9\n b.ne 1f\n mov x3,#1\n1: subs x1,x1,#1\n b.ne 1b\n ret")
def loop_entered_from_two_places(p: Proof) -> None:
    n, flag = p.nat("n", low=1, high=100), p.word("flag", public=True)
    p.call(x1=n, x2=flag)

    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"left": s.x1 == n - i, "x3": s.x3 == 0}

    p.ensures(lambda s: {"x3": s.x3 == 0})


@case(
    "invariant",
    SET + "1: subs x1,x1,#1\n b.ne 1b\n mov x1,x4\n2: cmp x2,x9\n cinc x5,x5,eq\n subs x1,x1,#1\n b.ne 2b\n ret",
)
def second_of_two_loops(p: Proof) -> None:
    n, k = p.nat("n", low=1, high=9), p.nat("k", low=1, high=9)
    flag, a = p.word("flag", public=True), p.word("a", public=True)
    p.call(x1=n, x2=flag, x4=k, x5=a)
    first, second = p.routine.loops()

    @p.invariant(first, upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"left": s.x1 == n - i}

    @p.invariant(second, upto=k)
    def _(s: State, i: Bits) -> Claims:
        return {"left": s.x1 == k - i, "x5": s.x5 == a}

    p.ensures(lambda s: {"x5": s.x5 == a})


@case("invariant", SET + "nop\n1: cmp x2,x9\n b.ne 2f\n ror x5,x5,#32\n2: subs x1,x1,#1\n b.ne 1b\n ret")
def a_claim_that_says_one_unknown_twice(p: Proof) -> None:
    n, flag, a = p.nat("n", low=1, high=100), p.word("flag", public=True), p.word("a", public=True)
    p.call(x1=n, x2=flag, x5=a)

    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"left": s.x1 == n - i, "low": s.w5 == a[31:0], "again": s.x5[47:0] == a[47:0], "all": s.x5 == a}

    p.ensures(lambda s: {"x5": s.x5 == a})


@case("invariant", SET + "nop\n1: cmp x2,x9\n b.ne 2f\n add x5,x5,#1\n2: subs x1,x1,#1\n b.ne 1b\n ret")
def unknowns_claimed_of_one_another(p: Proof) -> None:
    n, flag, a = p.nat("n", low=1, high=100), p.word("flag", public=True), p.word("a", public=True)
    p.call(x1=n, x2=flag, x5=a, x6=a)

    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"left": s.x1 == n - i, "x5": s.x5 == s.x6, "x6": s.x6 == s.x5}

    p.ensures(lambda s: {"x5": s.x5 == s.x6})


@case("invariant", "ret")
def points_that_no_path_reaches(p: Proof) -> None:
    a = p.word("a")
    p.call(x0=a)

    @p.cut(p.routine.entry + 400)
    def _(s: State) -> Claims:
        return {"false": s.x0 == a + 1}

    p.ensures(lambda s: {"x0": s.x0 == a})


# -- folds, functions, secrets ----------------------------------------------------------------------


@case("invariant", SET + "mov x3,#0\n1: cmp x2,x9\n b.ne 2f\n nop\n2: add x3,x3,#2\n subs x1,x1,#1\n b.ne 1b\n ret")
def fold_step_that_depends_on_the_path(p: Proof) -> None:
    n, flag = p.nat("n", low=1, high=100), p.word("flag", public=True)
    data = p.region("data", 8 * n, access="r")
    p.call(x0=data, x1=n, x2=flag)

    def step(h: Words, m: Words) -> list[Bits]:
        return [h[0] + ite(flag == MAGIC, Bits(64, 1), Bits(64, 2))]

    total = p.fold(step, start=[Bits(64, 0)], over=data.blocks(words=1, width=64))

    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"left": s.x1 == n - i, "total": s.x3 == total(i)[0]}

    p.ensures(lambda s: {"total": s.x3 == total(n)[0]})


@case("ensures", "mov x0,#7\n ret")
def fold_at_an_index_that_may_be_0(p: Proof) -> None:
    n = p.nat("n", low=0, high=40)
    p.call(x0=n)
    seven = p.fold(lambda h, m: [Bits(64, 7)], start=[Bits(64, 0)], over=lambda k: Words())
    p.ensures(lambda s: {"seven": s.x0 == seven(40 - n)[0]})


_one = opaque("negative_same_name", 64)(lambda a: a)
_other = opaque("negative_same_name", 64)(lambda a: ite(a == MAGIC, Bits(64, 0), a))


@case("lemma", "ret")
def two_functions_of_one_name(p: Proof) -> None:
    a = p.word("a")
    p.call(x0=a)
    p.ensures(lambda s: {"same": _one(s.x0) == _other(s.x0)})


@case(
    "constant-time",
    SET + "mov x4,#0\n fmov d0,x4\n ldr x3,[x0]\n1: cmp x3,x9\n b.ne 2f\n nop\n"
    "2: add x4,x4,#1\n fmov d0,x4\n subs x1,x1,#1\n"
    " b.eq 3f\n ldr x3,[x0,x4,lsl #3]\n b 1b\n3: ret",
)
def secret_content_at_an_index_that_becomes_public(p: Proof) -> None:
    n = p.nat("n", low=1, high=100)
    data = p.region("data", 8 * n, access="r", cell=8)
    p.call(x0=data, x1=n)
    block = data.blocks(words=1, width=64)

    @p.invariant(p.routine.loops()[0], upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"word": s.x3 == block(s.d0)[0], "index": s.d0 == i, "left": s.x1 == n - i}

    p.ensures(lambda s: {"x1": s.x1 == 0})


@case("constant-time", SET + "ldr x3,[x0]\n cmp x3,x9\n csel x4,x3,x9,eq\n cbz x4,1f\n nop\n1: ret")
def secret_through_a_choice(p: Proof) -> None:
    data = p.region("data", 8, access="r")
    p.call(x0=data)
    p.ensures(lambda s: {"x0": s.x0 == data.base})


@case(
    "constant-time",
    SET + "mov x6,x1\n mov x5,#0\n1: cbz x2,4f\n ldr x3,[x0,x5,lsl #3]\n str x3,[x1,x5,lsl #3]\n add x5,x5,#1\n"
    " sub x2,x2,#1\n b 1b\n4: ldr x3,[x6]\n cmp x3,x9\n b.ne 2f\n nop\n2: ret",
)
def secrets_copied_to_a_public_buffer(p: Proof) -> None:
    n = p.nat("n", low=1, high=100)
    data = p.region("data", 8 * n, access="r")
    out = p.region("out", 8 * n, access="rw", public=True)
    p.call(x0=data, x1=out, x2=n)

    @p.invariant(p.routine.back_edge(), upto=n, inclusive=True)
    def _(s: State, i: Bits) -> Claims:
        return {"left": s.x2 == n - i}

    p.modifies(out)
    p.ensures(lambda s: {"x2": s.x2 == 0})


def _blocks_of_out(p: Proof) -> None:
    n, flag = p.nat("n", low=1, high=100), p.word("flag", public=True)
    data, out = p.region("data", 8 * n, access="r"), p.region("out", 8 * n, access="rw")
    block = data.blocks(words=1, width=64)
    p.call(x0=data, x1=out, x2=n, x4=flag)

    def wanted(j: Bits) -> list[Bits]:
        return [block(j)[0] ^ 1]

    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"left": s.x2 == n - i, "out": out.holds(wanted, upto=i, at=s, words=1, width=64)}

    p.modifies(out)
    p.ensures(lambda s: {"out": out.holds(wanted, upto=n, at=s, words=1, width=64)})


#: What a loop over blocks does besides, when x4 is the magic number -> the kind that must fail.
BLOCK_BUGS = {
    "stores to the first block": ("str x9,[x1]", "memory"),
    "stores to the block again": ("str x9,[x1,x5,lsl #3]", "invariant"),
    "stores to a byte of the block": ("lsl x7,x5,#3\n add x7,x7,#3\n strb w9,[x1,x7]", "invariant"),
    "stores to the block before": ("cbz x5,2f\n sub x7,x5,#1\n str x9,[x1,x7,lsl #3]", "invariant"),
    "stores to the block after": ("cmp x2,#1\n b.eq 2f\n add x7,x5,#1\n str x9,[x1,x7,lsl #3]", "invariant"),
    "leaves early": ("ret", "ensures"),
    "reads beyond the end": ("add x7,x5,#1\n ldr x7,[x0,x7,lsl #3]", "memory"),
}
_LOOP = "mov x5,#0\n1: ldr x3,[x0,x5,lsl #3]\n eor x3,x3,#1\n str x3,[x1,x5,lsl #3]\n cmp x4,x9\n b.ne 2f\n {}\n"
_LOOP += "2: add x5,x5,#1\n subs x2,x2,#1\n b.ne 1b\n ret"
for _name, (_code, _kind) in BLOCK_BUGS.items():
    CASES[f"a loop over blocks {_name}"] = Case(SET + _LOOP.format(_code), _blocks_of_out, _kind)


@case("constant-time", "ldr x3,[x0]\n and x3,x3,#8\n ldr x4,[x1,x3]\n ret")
def secret_as_an_address(p: Proof) -> None:
    data, table = p.region("data", 8, access="r"), p.region("table", 16, access="r", public=True)
    p.call(x0=data, x1=table)
    p.ensures(lambda s: {"x0": s.x0 == data.base})


@pytest.mark.parametrize("name", ["H.0", "data[]", "global f[]", ""])
def test_names_of_functions_are_not_those_of_folds_and_regions(name: str) -> None:
    """An opaque function of such a name would be the fold or the region's content."""
    with pytest.raises(ArmsymError):
        opaque(name, 64)(lambda a: a)


# -- several at a time ----------------------------------------------------------------------------


def _two_at_a_time(p: Proof, n: Bits) -> None:
    flag = p.word("flag", public=True)
    p.call(x1=n, x2=flag)

    @p.invariant(p.routine.back_edge(), upto=n, step=2)
    def _(s: State, i: Bits) -> Claims:
        return {"left": s.x1 == n - i}

    p.ensures(lambda s: {"x2": s.x2 == flag})


@case("invariant", SET + "1: cmp x2,x9\n b.eq 2f\n sub x1,x1,#1\n2: subs x1,x1,#1\n b.hi 1b\n ret")
def two_at_a_time_that_may_be_one(p: Proof) -> None:
    _two_at_a_time(p, p.nat("n", low=2, high=100))


@case("termination", SET + "1: subs x1,x1,#2\n b.hi 1b\n b.ne 2f\n cmp x2,x9\n b.eq 1b\n2: ret")
def two_at_a_time_past_the_bound(p: Proof) -> None:
    _two_at_a_time(p, p.nat("n", low=1, high=100))


@case("termination", SET + "cmp x2,x9\n b.ne 2f\n1: subs x1,x1,#2\n b.ne 1b\n2: ret")
def two_at_a_time_that_wraps(p: Proof) -> None:
    """n - 1 plus 2 is 0 modulo 2^64, and that is less than n."""
    _two_at_a_time(p, p.nat("n", low=2**64 - 1, high=2**64 - 1))


_BY_TWO = (
    SET + "1: ldp x3,x5,[x0],#16\n eor x3,x3,#1\n eor x5,x5,#1\n stp x3,x5,[x1],#16\n{}\n sub x2,x2,#2\n cmp x2,#2\n"
    " b.hs 1b\n cbz x2,3f\n ldr x3,[x0]\n eor x3,x3,#1\n str x3,[x1]\n3: ret"
)


def _blocks_by_two(p: Proof, *, last_apart: bool = False) -> None:
    n, flag = p.nat("n", low=2, high=100), p.word("flag", public=True)
    data, out = p.region("data", 8 * n, access="r"), p.region("out", 8 * n, access="rw")
    block = data.blocks(words=1, width=64)
    p.call(x0=data, x1=out, x2=n, x4=flag)

    def wanted(j: Bits) -> list[Bits]:
        return [block(j)[0] ^ 1]

    def done(s: State, j: Bits) -> Claims:
        return {"out": out.holds(wanted, upto=j, at=s, words=1, width=64)}

    least = 4 if last_apart else 2

    @p.invariant(p.routine.back_edge(), upto=n, step=2, when=(lambda s: s.x2 >= 4) if last_apart else None)
    def _(s: State, i: Bits) -> Claims:
        return {"enough": i + least <= n, "left": s.x2 == n - i, **done(s, i)}

    p.modifies(out)
    p.ensures(lambda s: done(s, n))


def _last_apart(p: Proof) -> None:
    """Whether an arrival counts is not known at the back edge: both ways are followed."""
    _blocks_by_two(p, last_apart=True)


for _name, (_code, _kind) in {
    "stores to the pair again": ("str x9,[x1,#-16]", "invariant"),
    "stores to the pair after": ("cmp x2,#3\n b.ls 2f\n str x9,[x1]", "invariant"),
}.items():
    _extra = f"cmp x4,x9\n b.ne 2f\n {_code}\n2:"
    CASES[f"a loop over pairs {_name}"] = Case(_BY_TWO.format(_extra), _blocks_by_two, _kind)
for _name, _code, _kind in (
    ("is wrong at an arrival that does not count", "cmp x2,#3\n b.hi 2f\n str x9,[x1,#-16]", "ensures"),
    ("is wrong at an arrival that counts", "cmp x2,#4\n b.lo 2f\n str x9,[x1,#-16]", "invariant"),
):
    _extra = f"cmp x4,x9\n b.ne 2f\n {_code}\n2:"
    CASES[f"a loop over pairs {_name}"] = Case(_BY_TWO.format(_extra), _last_apart, _kind)


# -- choices --------------------------------------------------------------------------------------


@case("ensures", SET + "cmp x2,x9\n b.ne 1f\n cmp x1,#16\n b.eq 2f\n1: add x0,x0,x1\n2: ret")
def wrong_for_one_choice(p: Proof) -> None:
    a, flag, k = p.word("a", public=True), p.word("flag", public=True), p.choice("k", (8, 16, 32))
    p.call(x0=a, x1=k, x2=flag)
    p.ensures(lambda s: {"sum": s.x0 == a + k})


@case("non-vacuous", "add x0,x0,x1\n ret")
def choice_that_nothing_meets(p: Proof) -> None:
    a, k = p.word("a", public=True), p.choice("k", (8, 16))
    p.assume("k is 8", Prop(k == 8))
    p.call(x0=a, x1=k)
    p.ensures(lambda s: {"sum": s.x0 == a + k})


@pytest.mark.parametrize("values", [(), (8, 8)])
def test_choices_are_different_numbers(values: tuple[int, ...], tmp_path: Path) -> None:
    def bad(p: Proof) -> None:
        p.choice("k", values)

    with pytest.raises(InputError, match="must be different numbers"):
        answer(tmp_path, "ret", bad)


def test_choices_do_not_depend_on_choices(tmp_path: Path) -> None:
    def more(p: Proof) -> None:
        if p.choice("k", (1, 2)) == 2:
            p.choice("m", (1, 2))

    def other(p: Proof) -> None:
        p.choice("m", (1, 2) if p.choice("k", (1, 2)) == 1 else (3, 4))

    for fn in (more, other):
        with pytest.raises(InputError, match="another choice"):
            answer(tmp_path, "ret", fn)


# -- preconditions --------------------------------------------------------------------------------


@case("non-vacuous", "ret")
def precondition_that_nothing_meets(p: Proof) -> None:
    a = p.word("a", public=True)
    p.assume("a < 0", a < 0)
    p.call(x0=a)
    p.ensures(lambda s: {"one": s.x0 == 1})


@case("non-vacuous", "ret")
def sizes_that_contradict(p: Proof) -> None:
    n, k = p.nat("n", low=1, high=9), p.nat("k", low=1, high=9)
    p.assume("n is both more and less", (n < k) & (k < n))
    p.call(x0=n)
    p.ensures(lambda s: {"zero": s.x0 == 0})


@pytest.mark.parametrize("name", CASES)
def test_false_claim_is_not_proved(name: str, tmp_path: Path) -> None:
    """Never `proved`; and the obligation that should catch it is among those that fail."""
    c = CASES[name]
    result = answer(tmp_path, c.code, c.proof)
    assert result.status is not Status.PROVED
    failed = {o.kind for o in result.obligations if o.status is not Status.PROVED}
    assert c.kind in failed, f"failed by {sorted(failed)}, not by {c.kind}"


def test_claims_that_say_more_of_i_than_of_0_are_refused(tmp_path: Path) -> None:
    def more_of_i(p: Proof) -> None:
        n, flag = p.nat("n", low=1, high=100), p.word("flag", public=True)
        p.call(x1=n, x2=flag)

        @p.invariant(p.routine.back_edge(), upto=n)
        def _(s: State, i: Bits) -> Claims:
            if i.is_concrete and i.uint == 0:
                return {"left": s.x1 == n}
            return {"left": s.x1 == n - i, "flag": ~(s.x2 == MAGIC)}

        p.ensures(lambda s: {"flag": ~(s.x2 == MAGIC)})

    with pytest.raises(InputError, match="it has to claim the same each time"):
        answer(tmp_path, "nop\n1: nop\n subs x1,x1,#1\n b.ne 1b\n ret", more_of_i)


# -- the same shapes, made right: the refusals above are not for want of strength -------------------


def test_right_code_of_the_same_shape_is_proved(tmp_path: Path) -> None:
    """A loop with a store, a fold and a path that depends on the magic number, all as claimed."""

    def right(p: Proof) -> None:
        n, flag = p.nat("n", low=1, high=100), p.word("flag", public=True)
        data, out = p.region("data", 8 * n, access="r"), p.region("out", 8, access="rw")
        p.call(x0=data, x1=n, x2=flag, x6=out)

        def step(h: Words, m: Words) -> list[Bits]:
            return [h[0] + ite(flag == MAGIC, Bits(64, 1), Bits(64, 2))]

        total = p.fold(step, start=[Bits(64, 0)], over=data.blocks(words=1, width=64))

        @p.invariant(p.routine.back_edge(), upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"left": s.x1 == n - i, "total": s.x3 == total(i)[0]}

        p.modifies(out)
        p.ensures(lambda s: {"total": out.words(width=64, at=s) == total(n)})

    code = (
        SET + "mov x3,#0\n1: cmp x2,x9\n b.eq 2f\n add x3,x3,#1\n"
        "2: add x3,x3,#1\n str x3,[x6]\n subs x1,x1,#1\n b.ne 1b\n ret"
    )
    result = answer(tmp_path, code, right)
    assert result.status is Status.PROVED, [o for o in result.obligations if o.status is not Status.PROVED]


@pytest.mark.parametrize("fn", [_blocks_by_two, _last_apart])
def test_right_loop_over_pairs_is_proved(fn: ProofFn, tmp_path: Path) -> None:
    result = answer(tmp_path, _BY_TWO.format(""), fn)
    assert result.status is Status.PROVED, [o for o in result.obligations if o.status is not Status.PROVED]


def test_right_code_is_proved_for_each_choice(tmp_path: Path) -> None:
    """The report says what was shown once, and counts the runs of each alternative."""

    def right(p: Proof) -> None:
        a, k, m = p.word("a"), p.choice("k", (8, 16)), p.choice("m", (1, 2, 3))
        p.call(x0=a, x1=k, x2=m)
        p.ensures(lambda s: {"sum": s.x0 == a + k * m})

    result = answer(tmp_path, "madd x0,x1,x2,x0\n ret", right)
    assert result.status is Status.PROVED, [o for o in result.obligations if o.status is not Status.PROVED]
    assert [o.by for o in result.obligations if o.kind == "ensures"] == [("identity",)]
    assert {"k is 8 or 16", "m is 1 or 2 or 3"} <= set(result.assumptions)
    assert result.instructions == 6 * 2


# -- what cannot even be declared -------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["x", "v", "stack", "flags", "image", "image .text", "global f", "H.0", "m[]", "", "i"]
)
def test_names_of_the_engine_are_refused(name: str, tmp_path: Path) -> None:
    """A region called like a register file or the stack would be taken for it."""

    def proof(p: Proof) -> None:
        r = p.region(name, 64, access="rw")
        p.call(x0=r)
        p.ensures(lambda s: {"x0": s.x0 == r.base})

    with pytest.raises(InputError):
        answer(tmp_path, "ret", proof)


def test_two_things_of_one_name_are_refused(tmp_path: Path) -> None:
    """Two regions, or a region and a number."""

    def proof(p: Proof) -> None:
        p.word("a")
        p.region("a", 8, access="r")

    with pytest.raises(InputError, match="taken"):
        answer(tmp_path, "ret", proof)


@pytest.mark.parametrize(
    "claim",
    [
        lambda s: {"empty": []},
        lambda s: {"empty": s.v[0:0] == []},
        lambda s: {"nonzero": bool(s.x0)},
        lambda s: {"either": s.x0 or s.x1},
        lambda s: {"vector": s.x0},
        lambda s: {"text": "x0 is 0"},
        lambda s: {},
    ],
    ids=["empty list", "empty words", "truth of a vector", "or of vectors", "vector", "text", "no claims"],
)
def test_claims_that_say_nothing_are_refused(claim: Callable[[State], Claims], tmp_path: Path) -> None:
    """What Python would call true is not a claim."""

    def proof(p: Proof) -> None:
        p.call(x0=p.word("a"), x1=p.word("b"))
        p.ensures(claim)

    with pytest.raises(ArmsymError):
        answer(tmp_path, "ret", proof)


def test_inequality_of_conditions_is_a_condition(tmp_path: Path) -> None:
    """`(a == 1) != (b == 2)` is not Python's inequality of two objects, which is always true."""

    def proof(p: Proof) -> None:
        a, b = p.word("a"), p.word("b")
        p.call(x0=a, x1=b)
        p.ensures(lambda s: {"differ": (s.x0 == 1) != (s.x1 == 2)})

    assert answer(tmp_path, "ret", proof).status is Status.REFUTED
    with pytest.raises(SymbolicTruthError):
        bool(Bits(8, 1))
    assert isinstance((Bits(8, 1) == 1) != (Bits(8, 2) == 2), Prop)
