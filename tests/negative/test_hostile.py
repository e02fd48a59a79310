"""False statements that an earlier engine proved: attacks on what paths, cases and contracts share.

Each was `proved` once.  `f` is the routine; `g` what it calls, where it calls.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from refusing import run, symbolically
from test_contracts import CALLING, FRAME, SUCCESSOR, contract, files

from armsym.bits import Prop
from armsym.dsl import Bits, Claims, InputError, Proof, Region, State, Words, ite
from armsym.proof.result import Status

# -- paths --------------------------------------------------------------------------------------


@pytest.mark.parametrize("branch", ["b.hs", "b.lo"])
@pytest.mark.parametrize("claimed", [0, 7])
def test_a_value_rewritten_by_what_the_other_path_knows(tmp_path: Path, branch: str, claimed: int) -> None:
    """Below 16 both numbers are 0; put into x1 there, n = 0 must not meet w = 1, which is known elsewhere."""

    def fn(p: Proof) -> None:
        n, w = p.nat("n", high=9), p.nat("w", high=1)
        p.assume("n <= 9 * w", n <= 9 * w)
        p.call(x0=n + 16 * w, x1=ite(w == 1, n, Bits(64, 7)))
        p.ensures(lambda s: {"x0": s.x0 == ite(w == 1, n, Bits(64, claimed))})

    image = files(tmp_path, f"cmp x0,#16\n {branch} 1f\n mov x0,x1\n ret\n1: mov x0,x1\n ret", SUCCESSOR)
    assert symbolically(fn, image, "f") == ({} if claimed == 7 else {"ensures": ["x0"]})


# -- cases --------------------------------------------------------------------------------------


def test_the_values_of_a_choice_depend_on_another_choice(tmp_path: Path) -> None:
    """Right but for b = 3, which the first alternative of a does not have."""

    def fn(p: Proof) -> None:
        a = p.choice("a", (1, 2))
        b = p.choice("b", (1, 2) if a == 1 else (1, 2, 3))
        p.call(x0=a, x1=b)
        p.ensures(lambda s: {"sum": s.x0 == a + b})

    image = files(tmp_path, "cmp x1,#3\n cinc x1,x1,eq\n add x0,x0,x1\n ret", SUCCESSOR)
    with pytest.raises(InputError, match="depends on another choice"):
        run(fn, image, "f")


# -- secrets through a contract -----------------------------------------------------------------


def test_a_secret_given_in_a_public_region(tmp_path: Path) -> None:
    def looks(p: Proof) -> None:
        word = p.region("word", 8, access="r", public=True)
        p.call(x0=word)
        p.ensures(lambda s: {"x0": s.x0 == 0})

    contract_ = contract(looks)

    def fn(p: Proof) -> None:
        data = p.region("data", 8, access="r", public=True)
        p.given(data, 0, p.word("key"))
        p.call(x0=data)
        p.uses(contract_)
        p.modifies(p.stack(FRAME))
        p.ensures(lambda s: {"x0": s.x0 == 0})

    image = files(tmp_path, CALLING.format("bl g"), "ldr x1,[x0]\n cbz x1,1f\n1: mov x0,#0\n ret")
    assert symbolically(fn, image, "f") == {"contract": ["looks: word is public"]}


def test_a_secret_in_the_state_at_a_call(tmp_path: Path) -> None:
    """g branches on PSTATE.DIT, which is public where a routine begins."""

    def branches(p: Proof) -> None:
        p.ensures(lambda s: {"x0": s.x0 == 0})

    contract_ = contract(branches)

    def fn(p: Proof) -> None:
        p.call(x0=p.word("key"))
        p.uses(contract_)
        p.modifies(p.stack(FRAME))
        p.ensures(lambda s: {"x0": s.x0 == 0})

    g = "mrs x1,dit\n cbz x1,1f\n nop\n1: mov x0,#0\n ret"
    assert run(branches, files(tmp_path, "ret", g), "g").status is Status.PROVED
    image = files(tmp_path, CALLING.format("mrs x19,dit\n msr dit,x0\n bl g\n msr dit,x19"), g)
    assert list(symbolically(fn, image, "f")) == ["constant-time"]


def test_an_assumption_of_one_case_of_many_is_listed(tmp_path: Path) -> None:
    """Wrong where k = 6, but for n = 0, which is assumed there alone."""

    def fn(p: Proof) -> None:
        k = p.choice("k", range(1, 7))
        n = p.nat("n", high=0 if k == 6 else 9)
        p.call(x0=n, x1=k)
        p.ensures(lambda s: {"x0": s.x0 == n})

    image = files(tmp_path, "cmp x1,#6\n csel x0,xzr,x0,eq\n ret", SUCCESSOR)
    r = run(fn, image, "f")
    assert r.status is Status.PROVED
    assert "where k = 6: 0 <= n <= 0" in r.assumptions


# -- secrets through claims ---------------------------------------------------------------------


def test_a_secret_that_an_invariant_is_about_for_one_value(tmp_path: Path) -> None:
    """Where x0 = 1 the first loop says so, where x0 = 0 the second: no path then branches on an unknown."""
    loop = "mov x1,#2\n{0}: mov x0,x0\n subs x1,x1,#1\n b.ne {0}b\n"

    def fn(p: Proof) -> None:
        p.call(x0=p.word("b", 1).zero_extend(64))
        for head, bit in zip(p.routine.loops(), (1, 0), strict=True):

            def counts(s: State, bit: int = bit) -> Prop:
                return s.x0 == bit

            @p.invariant(head, upto=Bits(64, 2), when=counts)
            def _(s: State, i: Bits, bit: int = bit) -> Claims:
                return {"x0": s.x0 == bit, "x1": s.x1 == 2 - i}

        p.ensures(lambda s: {"x0": s.x0 == 0})

    image = files(tmp_path, loop.format(1) + loop.format(2) + "cbz x0,3f\n nop\n3: mov x0,#0\n ret", SUCCESSOR)
    assert list(symbolically(fn, image, "f")) == ["constant-time"]
    assert run(fn, image, "f").status is not Status.PROVED


# -- what a contract says of a buffer -----------------------------------------------------------


@pytest.mark.parametrize("apart", [True, False])
def test_a_contract_that_fills_one_part_of_a_buffer_and_changes_another(tmp_path: Path, apart: bool) -> None:
    """g erases n bytes and stores to the m after them; what it says of the first is not all of the buffer."""

    def erased(p: Proof, r: Region, n: Bits, s: State) -> Claims:
        return {"erased": r.holds(zero_byte, upto=n, at=s, words=1, width=8)}

    def erases(p: Proof) -> None:
        n, m = p.nat("n", low=1, high=2**20), p.nat("m", low=1, high=2**20)
        a, b = p.region("a", n, access="rw", cell=1), p.region("b", m, access="rw", cell=1)
        p.call(x0=a, x1=n, x2=b, x3=m)
        p.modifies(a, b)

        @p.invariant(p.routine.back_edge(), upto=n, inclusive=True)
        def _(s: State, i: Bits) -> Claims:
            return {"left": s.x1 == n - i, "cursor": s.x0 == a.base + i, **erased(p, a, i, s)}

        p.ensures(lambda s: erased(p, a, n, s))

    contract_ = contract(erases)

    def fn(p: Proof) -> None:
        n, m = p.nat("n", low=1, high=2**20), p.nat("m", low=1, high=2**20)
        a = p.region("a", n if apart else n + m, access="rw", cell=1)
        b = p.region("b", m, access="rw", cell=1)
        p.call(x0=a, x1=n, x2=b if apart else a.base + n, x3=m)
        p.uses(contract_)
        p.modifies(a, b, p.stack(FRAME))
        p.ensures(lambda s: erased(p, a, n, s))

    g = "mov x9,x1\n1: cbz x1,2f\n strb wzr,[x0],#1\n sub x1,x1,#1\n b 1b\n2: strb w9,[x2]\n ret"
    open_ = symbolically(fn, files(tmp_path, CALLING.format("bl g"), g), "f")
    assert open_ == {} if apart else "decode" in open_


def zero_byte(_: Bits) -> list[Bits]:
    return [Bits(8, 0)]


def test_a_secret_index_of_a_fold(tmp_path: Path) -> None:
    """Split on both values of a bit, H(bit) = bit must not become a number that a branch then knows.

    The parts of the split that no state meets leave by way of x9.
    """
    loop = "1: mov x6,x0\n mov x2,#2\n2: mov x6,x6\n subs x2,x2,#1\n b.ne 2b\n cbz x9,3f\n cbz x6,3f\n nop\n"

    def fn(p: Proof) -> None:
        bit = p.word("b") & 1
        p.call(x0=bit, x9=p.nat("n", high=9))
        H = p.fold(lambda S, _: [S[0] + 1], start=[Bits(64, 0)], over=lambda j: Words([j]))
        (outer,) = p.routine.loops()
        (inner,) = (x for x in p.routine.all_loops if x.head != outer.head)
        for value in (1, 0):

            def on(s: State, _: Bits, value: int = value) -> Prop:
                return s.x0 == value

            p.split(outer, on)

        @p.invariant(outer, upto=Bits(64, 2))
        def _(s: State, i: Bits) -> Claims:
            return {"x1": s.x1 == 2 - i}

        @p.invariant(inner, upto=Bits(64, 2))
        def _(s: State, i: Bits) -> Claims:
            return {"x2": s.x2 == 2 - i, "x6": s.x6 == H(s.x0)[0]}

        p.ensures(lambda s: {"x0": s.x0 == 0})

    image = files(tmp_path, f"mov x1,#2\n{loop}3: subs x1,x1,#1\n b.ne 1b\n mov x0,#0\n ret", SUCCESSOR)
    assert run(fn, image, "f").status is not Status.PROVED
    assert "constant-time" in symbolically(fn, image, "f")


def test_what_is_public_is_listed(tmp_path: Path) -> None:
    """Whether a branch leaks depends on it."""

    def fn(p: Proof) -> None:
        data = p.region("data", 8, access="r", public=True)
        p.call(x0=p.word("key"), x1=p.word("w", public=True), x2=data)
        p.ensures(lambda s: {"x0": s.x0 == 0})

    image = files(tmp_path, "ldr x2,[x2]\n cbz x1,1f\n cbz x2,1f\n1: mov x0,#0\n ret", SUCCESSOR)
    r = run(fn, image, "f")
    assert r.status is Status.PROVED
    assert "w is public" in r.assumptions
    assert not any(a.startswith("key") for a in r.assumptions)
    (data,) = (a for a in r.assumptions if a.startswith("data:"))
    assert data.endswith(", its content public")
