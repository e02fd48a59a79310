"""Calls by contract: what must not be proved, and a few that must.

`f` calls `g`, whose statement stands for its code there.  The concrete runs are kept from the proofs
where they would notice first: it is the symbolic proof that has to refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from assembling import assembled
from refusing import run, symbolically

from armsym.dsl import Bits, Claims, InputError, Iterated, Proof, ProofDefinition, Region, State, Words, ite
from armsym.elf import Image, load
from armsym.proof.handles import Claim
from armsym.proof.reliance import _known
from armsym.proof.result import Status

ProofFn = Callable[[Proof], None]

#: f's frame around its body.
CALLING = "stp x29,x30,[sp,#-32]!\n str x19,[sp,#16]\n {}\n ldr x19,[sp,#16]\n ldp x29,x30,[sp],#32\n ret"
FRAME = 32


def files(folder: Path, f: str, g: str) -> Image:
    """An object file with these two functions."""
    parts = [
        f".global {name}\n.type {name},%function\n{name}:\n{text}\n.size {name},.-{name}\n"
        for name, text in (("f", f), ("g", g))
    ]
    (folder / "f.o").write_bytes(assembled(".arch armv8.4-a\n.text\n" + "".join(parts)))
    return load(str(folder / "f.o"))


def contract(fn: ProofFn, symbol: str = "g") -> ProofDefinition:
    return ProofDefinition(fn.__name__, symbol, "f.o", fn, __file__, 1)


# -- g: x0 = n + 1 ------------------------------------------------------------------------------

SUCCESSOR = "add x0,x0,#1\n mov x9,#7\n ret"


@contract
def successor(p: Proof) -> None:
    """1 <= n < 100."""
    n = p.nat("n", low=1, high=99)
    p.call(x0=n)
    p.ensures(lambda s: {"x0": s.x0 == n + 1})


def calls(*, low: int = 1, high: int = 99, claim: Callable[[State, Bits], Claims] | None = None) -> ProofFn:
    def fn(p: Proof) -> None:
        n = p.nat("n", low=low, high=high)
        p.call(x0=n)
        p.uses(successor)
        p.modifies(p.stack(FRAME))
        if claim is None:
            p.ensures(lambda s: {"x0": s.x0 == n + 1})
        else:
            p.ensures(lambda s: claim(s, n))

    return fn


def test_a_call_is_proved(tmp_path: Path) -> None:
    image = files(tmp_path, CALLING.format("bl g"), SUCCESSOR)
    r = run(calls(), image, "f")
    assert r.status is Status.PROVED
    (relies,) = (o.name for o in r.obligations if o.kind == "contract" and "is proved" in o.name)
    assert "code SHA-256 " in relies
    assert any("1 <= n <= 99" in o.name for o in r.obligations if o.kind == "contract")


def test_a_tail_branch_is_proved(tmp_path: Path) -> None:
    assert run(calls(), files(tmp_path, "b g", SUCCESSOR), "f").status is Status.PROVED


@pytest.mark.parametrize(("low", "high"), [(0, 99), (1, 100)])
def test_a_precondition_that_does_not_hold(tmp_path: Path, low: int, high: int) -> None:
    image = files(tmp_path, CALLING.format("bl g"), SUCCESSOR)
    assert symbolically(calls(low=low, high=high), image, "f") == {"contract": ["successor: 1 <= n <= 99"]}


@contract
def of_few_bits(p: Proof) -> None:
    """The successor of a word with no bit beyond the lowest three."""
    w = p.word("w", possible=7)
    p.call(x0=w)
    p.ensures(lambda s: {"x0": s.x0 == w + 1})


@pytest.mark.parametrize(("most", "shown"), [(0, True), (6, True), (7, True), (8, False), (2**64 - 1, False)])
def test_a_word_of_few_bits(tmp_path: Path, most: int, shown: bool) -> None:
    """That a word that integers bound is small enough for the contract; one more is not."""

    def fn(p: Proof) -> None:
        w = p.word("w", possible=15)
        p.assume("w is small", p.integer(w) <= most)
        p.call(x0=w)
        p.uses(of_few_bits)
        p.modifies(p.stack(FRAME))
        p.ensures(lambda s: {"x0": s.x0 == w + 1})

    image = files(tmp_path, CALLING.format("bl g"), SUCCESSOR)
    found = symbolically(fn, image, "f")
    assert found == ({} if shown else {"contract": ["of_few_bits: w has no bit outside 0x7"]})


def test_more_than_is_claimed(tmp_path: Path) -> None:
    image = files(tmp_path, CALLING.format("bl g"), SUCCESSOR)
    assert symbolically(calls(claim=lambda s, n: {"x0": s.x0 == n + 2}), image, "f") == {"ensures": ["x0"]}
    # True of g's code, but not said by its contract.
    assert symbolically(calls(claim=lambda s, _: {"x9": s.x9 == 7}), image, "f") == {"ensures": ["x9"]}


@pytest.mark.parametrize("body", ["mov x9,x0\n bl g\n mov x0,x9", "mov x17,x0\n bl g\n mov x0,x17"])
def test_volatile_registers_are_forgotten(tmp_path: Path, body: str) -> None:
    # g leaves X17 alone; its contract, AAPCS64, does not say so.
    image = files(tmp_path, CALLING.format(body), SUCCESSOR)
    assert symbolically(calls(claim=lambda s, n: {"x0": s.x0 == n}), image, "f") == {"ensures": ["x0"]}


def test_callee_saved_registers_are_kept(tmp_path: Path) -> None:
    image = files(tmp_path, CALLING.format("mov x19,x0\n bl g\n mov x0,x19"), SUCCESSOR)
    assert run(calls(claim=lambda s, n: {"x0": s.x0 == n}), image, "f").status is Status.PROVED


def test_vectors_are_forgotten(tmp_path: Path) -> None:
    body = "sub sp,sp,#16\n str d8,[sp]\n dup v{0}.2d,x0\n bl g\n mov x0,v{0}.d[{1}]\n ldr d8,[sp]\n add sp,sp,#16"

    def fn(p: Proof) -> None:
        calls(claim=lambda s, n: {"x0": s.x0 == n})(p)
        p.modifies(p.stack(FRAME + 16))

    low = files(tmp_path, CALLING.format(body.format(8, 0)), SUCCESSOR)
    assert run(fn, low, "f").status is Status.PROVED
    for register, half in ((8, 1), (7, 0), (16, 0), (31, 1)):
        image = files(tmp_path, CALLING.format(body.format(register, half)), SUCCESSOR)
        assert symbolically(fn, image, "f") == {"ensures": ["x0"]}


def test_flags_are_forgotten(tmp_path: Path) -> None:
    image = files(tmp_path, CALLING.format("cmp x0,#0\n bl g\n cset x0,eq"), SUCCESSOR)
    assert symbolically(calls(claim=lambda s, _: {"x0": s.x0 == 0}), image, "f") == {"ensures": ["x0"]}


def test_the_return_address_is_forgotten(tmp_path: Path) -> None:
    image = files(tmp_path, "mov x17,x30\n bl g\n mov x30,x17\n ret", SUCCESSOR)
    assert "abi" in symbolically(calls(), image, "f")


def test_a_contract_that_is_not_proved(tmp_path: Path) -> None:
    image = files(tmp_path, CALLING.format("bl g"), SUCCESSOR.replace("#1", "#2"))
    (name,) = symbolically(calls(), image, "f")["contract"]
    assert name.startswith("successor is proved")


def test_a_contract_proved_of_other_bytes(tmp_path: Path) -> None:
    image = files(tmp_path, CALLING.format("bl g"), SUCCESSOR)
    assert run(calls(), image, "f").status is Status.PROVED
    assert any(c is successor and sha == image.sha256 for c, _, sha, *_ in _known)
    at = image.symbol("g").offset
    word = image.word(at)
    other = image.patched({at: (word ^ 1 << 10).to_bytes(4, "little")})  # add x0, x0, #0
    assert run(calls(), other, "f").status is not Status.PROVED
    (name,) = symbolically(calls(), other, "f")["contract"]
    assert name.startswith("successor is proved")


def test_a_contract_that_no_call_meets(tmp_path: Path) -> None:
    image = files(tmp_path, "add x0,x0,#1\n ret", SUCCESSOR)
    assert symbolically(calls(), image, "f") == {"contract": ["successor is called"]}


def test_a_contract_that_changes(tmp_path: Path) -> None:
    """Proved are the contracts declared once; used are those declared the next time."""

    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=9)
        p.call(x0=n)

        def again(q: Proof) -> None:
            successor(q)

        p.uses(contract(again))
        p.modifies(p.stack(FRAME))
        p.ensures(lambda s: {"x0": s.x0 == n + 1})

    with pytest.raises(InputError, match="not always the same"):
        run(fn, files(tmp_path, CALLING.format("bl g"), SUCCESSOR), "f")


def test_recursion(tmp_path: Path) -> None:
    image = files(tmp_path, "cbz x0,1f\n b g\n1: ret", "cbz x0,1f\n b f\n1: ret")

    def nothing(p: Proof) -> None:
        n = p.nat("n", high=9)
        p.call(x0=n)
        p.ensures(lambda s: {"x0": s.x0 == 0})

    def first(p: Proof) -> None:
        nothing(p)
        p.uses(second_)

    def second(p: Proof) -> None:
        nothing(p)
        p.uses(first_)

    def itself(p: Proof) -> None:
        nothing(p)
        p.uses(itself_)

    first_, second_, itself_ = contract(first, "f"), contract(second, "g"), contract(itself, "f")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("armsym.proof.trials.MAX_STEPS", 200)
        patch.setattr("armsym.proof.run._concrete", lambda *_, **__: __import__("armsym.proof.run").proof.run._Runs([]))
        for fn in (first, itself):
            with pytest.raises(InputError, match="recursion through contracts"):
                run(fn, image, "f")


# -- a private interface ------------------------------------------------------------------------


def sums(*, x: tuple[int, ...], above: int = 16) -> ProofDefinition:
    """g: x5 = x6 + x7, by way of X8 and the 16 bytes at SP."""

    def g(p: Proof) -> None:
        x6, x7 = p.entry.x6, p.entry.x7
        p.clobbers(x=x)
        p.modifies(p.stack(0, above=above))
        p.ensures(lambda s: {"x5": s.x5 == x6 + x7})

    return contract(g)


SUMS = "str x6,[sp]\n ldr x8,[sp]\n add x5,x8,x7\n ret"
FRAMED = "stp x29,x30,[sp,#-48]!\n {}\n ldp x29,x30,[sp],#48\n ret"


def private(g: ProofDefinition, claim: Callable[[State, State], Claims], depth: int = 64) -> ProofFn:
    def fn(p: Proof) -> None:
        p.uses(g)
        p.modifies(p.stack(depth))
        p.ensures(lambda s: claim(s, p.entry))

    return fn


def _sum(s: State, e: State) -> Claims:
    return {"sum": s.x5 == e.x6 + e.x7, "x6": s.x6 == e.x6}


#: Its scratch area must not be that of X29 and LR.
LENDING = FRAMED.format("sub sp,sp,#16\n bl g\n add sp,sp,#16")


def test_a_private_interface(tmp_path: Path) -> None:
    image = files(tmp_path, LENDING, SUMS)
    assert run(private(sums(x=(5, 8)), _sum), image, "f").status is Status.PROVED


def test_a_callee_that_clobbers_more_than_declared(tmp_path: Path) -> None:
    image = files(tmp_path, LENDING, SUMS)
    (name,) = symbolically(private(sums(x=(5,)), _sum), image, "f")["contract"]
    assert name.startswith("g is proved")


def test_a_declared_register_is_forgotten(tmp_path: Path) -> None:
    image = files(tmp_path, LENDING, SUMS)
    assert symbolically(private(sums(x=(5, 6, 8)), _sum), image, "f") == {"ensures": ["x6"]}


def test_what_the_caller_lends_is_forgotten(tmp_path: Path) -> None:
    image = files(tmp_path, FRAMED.format("bl g"), SUMS)  # over X29 and LR
    assert "abi" in symbolically(private(sums(x=(5, 8)), _sum), image, "f")


def test_stack_that_the_caller_does_not_have(tmp_path: Path) -> None:
    image = files(tmp_path, LENDING, SUMS)
    open_ = symbolically(private(sums(x=(5, 8), above=80), _sum), image, "f")
    assert "g: its stack area is declared" in open_["contract"]


def test_more_stack_than_the_caller_declares(tmp_path: Path) -> None:
    pushes = "str x0,[sp,#-64]!\n ldr x0,[sp],#64\n add x0,x0,#1\n ret"

    def deep(p: Proof) -> None:
        successor.fn(p)
        p.modifies(p.stack(64))

    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=9)
        p.call(x0=n)
        p.uses(contract_)
        p.modifies(p.stack(FRAME))

    contract_ = contract(deep)
    image = files(tmp_path, CALLING.format("bl g"), pushes)
    assert "deep: its stack area is declared" in symbolically(fn, image, "f")["contract"]


# -- memory -------------------------------------------------------------------------------------

COPY = "ldr x9,[x1]\n str x9,[x0]\n ldr x9,[x1,#8]\n str x9,[x0,#8]\n ret"


@contract
def copies(p: Proof) -> None:
    to, from_ = p.region("to", 16, access="w"), p.region("from_", 16, access="r", align=8)
    p.call(x0=to, x1=from_)
    p.modifies(to)
    p.ensures(lambda s: {"copy": to.words(64, at=s) == from_.words(64)})


def copying(
    *,
    size: int = 32,
    access: str = "rw",
    at: int = 8,
    align: int = 8,
    modifies: bool = True,
    claim: Callable[[State, Words, Words], Claims],
) -> ProofFn:
    """f calls g(buffer + `at`, other): what is then in `buffer`."""

    def fn(p: Proof) -> None:
        buffer = p.region("buffer", size, access=access)
        other = p.region("other", 16, access="r", align=align)
        p.call(x0=buffer, x1=other)
        before, source = buffer.words(64), other.words(64)
        p.uses(copies)
        p.modifies(p.stack(FRAME), *([buffer] if modifies else []))
        p.ensures(lambda s: claim(s, Words([*buffer.words(64, at=s), *before]), source))

    return fn


def _middle(s: State, b: Words, source: Words) -> Claims:
    return {"before": b[0] == b[4], "copied": b[1:3] == source, "after": b[3] == b[7]}


def _nothing(s: State, b: Words, source: Words) -> Claims:
    return {"first": b[0] == b[len(b) // 2]}


ADVANCED = CALLING.format("add x0,x0,#8\n bl g")


def test_a_part_of_a_buffer(tmp_path: Path) -> None:
    image = files(tmp_path, ADVANCED, COPY)
    assert run(copying(claim=_middle), image, "f").status is Status.PROVED


def test_what_is_written_is_forgotten(tmp_path: Path) -> None:
    image = files(tmp_path, ADVANCED, COPY)

    def unchanged(s: State, b: Words, source: Words) -> Claims:
        return {"unchanged": b[1] == b[5]}

    assert symbolically(copying(claim=unchanged), image, "f") == {"ensures": ["unchanged"]}


def test_what_is_written_must_be_declared(tmp_path: Path) -> None:
    image = files(tmp_path, ADVANCED, COPY)
    assert symbolically(copying(claim=_middle, modifies=False), image, "f") == {"frame": ["buffer is unchanged"]}


def test_a_buffer_too_small(tmp_path: Path) -> None:
    image = files(tmp_path, ADVANCED, COPY)
    open_ = symbolically(copying(claim=_nothing, size=16), image, "f")
    assert "copies: to lies in buffer" in open_["contract"]


def test_a_buffer_that_may_not_be_written(tmp_path: Path) -> None:
    image = files(tmp_path, ADVANCED, COPY)
    assert "memory" in symbolically(copying(claim=_nothing, access="r"), image, "f")


def test_a_buffer_that_is_not_aligned(tmp_path: Path) -> None:
    image = files(tmp_path, ADVANCED, COPY)
    assert symbolically(copying(claim=_middle, align=4), image, "f") == {"contract": ["copies: from_ is aligned"]}


@pytest.mark.parametrize(("distance", "proved"), [(0, False), (8, False), (15, False), (16, True)])
def test_regions_that_overlap(tmp_path: Path, distance: int, proved: bool) -> None:
    def fn(p: Proof) -> None:
        buffer = p.region("buffer", 64, access="rw", align=16, cell=1)
        p.call(x0=buffer)
        p.uses(overlapping)
        p.modifies(buffer, p.stack(FRAME))
        p.ensures(lambda s: {"sp": s.sp == p.entry.sp})

    @contract
    def overlapping(p: Proof) -> None:
        to, from_ = p.region("to", 16, access="w"), p.region("from_", 16, access="r")
        p.call(x0=to, x1=from_)
        p.modifies(to)
        p.ensures(lambda s: {"sp": s.sp == p.entry.sp})

    image = files(tmp_path, CALLING.format(f"add x1,x0,#{distance}\n bl g"), COPY)
    open_ = symbolically(fn, image, "f")
    assert open_ == ({} if proved else {"contract": ["overlapping: to and from_ are disjoint"]})


def test_the_callers_stack_as_a_buffer(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        other = p.region("other", 16, access="r", align=8)
        p.call(x1=other)
        p.uses(copies)
        p.modifies(p.stack(FRAME + 32))
        p.ensures(lambda s: {"first word": s.x0 == other.words(64)[0]})

    body = "sub sp,sp,#16\n {}\n bl g\n ldr x0,[sp]\n add sp,sp,#16"
    own = files(tmp_path, CALLING.format(body.format("mov x0,sp")), COPY)
    assert run(fn, own, "f").status is Status.PROVED
    below = files(tmp_path, CALLING.format(body.format("sub x0,sp,#16")), COPY)
    assert "copies: to and the stack area are disjoint" in symbolically(fn, below, "f")["contract"]


def test_a_buffer_in_what_the_caller_lends(tmp_path: Path) -> None:
    @contract
    def lent(p: Proof) -> None:
        p.call(x0=p.region("seen", 8, access="r"))
        p.clobbers(x=[9])
        p.modifies(p.stack(0, above=16))
        p.ensures(lambda s: {"sp": s.sp == p.entry.sp})

    def fn(p: Proof) -> None:
        p.uses(lent)
        p.modifies(p.stack(64))
        p.ensures(lambda s: {"sp": s.sp == p.entry.sp})

    for place, free in (("16", True), ("8", False), ("0", False)):
        image = files(tmp_path, FRAMED.format(f"sub sp,sp,#16\n add x0,sp,#{place}\n bl g\n add sp,sp,#16"), "ret")
        open_ = symbolically(fn, image, "f")
        assert open_ == ({} if free else {"contract": ["lent: seen and the stack area are disjoint"]})


def test_a_secret_argument(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        n = p.word("n")
        p.assume("1 <= n <= 99", (n >= 1) & (n <= 99))
        p.call(x0=n)
        p.uses(successor)
        p.modifies(p.stack(FRAME))
        p.ensures(lambda s: {"x0": s.x0 == n + 1})

    image = files(tmp_path, CALLING.format("bl g"), SUCCESSOR)
    assert list(symbolically(fn, image, "f")) == ["constant-time"]


def test_public_content(tmp_path: Path) -> None:
    @contract
    def looks(p: Proof) -> None:
        byte = p.region("byte", 1, access="r", public=True)
        p.call(x0=byte)
        p.ensures(lambda s: {"x0": s.x0 == 0})

    def fn(public: bool) -> ProofFn:
        def f(p: Proof) -> None:
            p.call(x0=p.region("data", 1, access="r", public=public))
            p.uses(looks)
            p.modifies(p.stack(FRAME))
            p.ensures(lambda s: {"x0": s.x0 == 0})

        return f

    g = "ldrb w1,[x0]\n cbz w1,1f\n1: mov x0,#0\n ret"
    image = files(tmp_path, CALLING.format("bl g"), g)
    assert run(fn(True), image, "f").status is Status.PROVED
    assert symbolically(fn(False), image, "f") == {"contract": ["looks: byte is public"]}

    def stores(p: Proof) -> None:
        data, k = p.region("data", 1, access="rw", public=True), p.word("k")
        p.call(x0=data, x2=k)
        p.uses(looks)
        p.modifies(data, p.stack(FRAME))
        p.ensures(lambda s: {"x0": s.x0 == 0})

    image = files(tmp_path, CALLING.format("strb w2,[x0]\n bl g"), g)
    assert symbolically(stores, image, "f") == {"contract": ["looks: byte is public"]}
    image = files(tmp_path, CALLING.format("strb wzr,[x0]\n bl g"), g)
    assert symbolically(stores, image, "f") == {}


def test_a_loop_around_a_call(tmp_path: Path) -> None:
    """The loop's counter stands in a register that the contract does not preserve, though g does."""

    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=9)
        p.call(x1=n)
        p.uses(steps)
        p.modifies(p.stack(FRAME))

        @p.invariant(p.routine.back_edge(), upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"left": (s.x19 if kept else s.x9) == n - i}

        p.ensures(lambda s: {"done": s.x1 == 0})

    @contract
    def steps(p: Proof) -> None:
        p.ensures(lambda s: {"x0": s.x0 == 1})

    kept = True
    body = "mov {0},x1\n1: bl g\n subs {0},{0},#1\n b.ne 1b\n mov x1,{0}"
    good = files(tmp_path, CALLING.format(body.format("x19")), "mov x0,#1\n ret")
    assert run(fn, good, "f").status is Status.PROVED
    kept = False
    bad = files(tmp_path, CALLING.format(body.format("x9")), "mov x0,#1\n ret")
    assert "invariant" in symbolically(fn, bad, "f")


def test_a_loop_forgets_what_a_call_in_it_may_change(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=9)
        p.call(x1=n)
        p.uses(nothing)
        p.modifies(p.stack(FRAME))
        p.invariant(p.routine.back_edge(), upto=n)(lambda s, i: {"left": s.x19 == n - i})
        p.ensures(lambda s: {"x0": s.x0 == n})

    @contract
    def nothing(p: Proof) -> None:
        p.ensures(lambda s: {"sp": s.sp == p.entry.sp})

    body = "mov x19,x1\n mov {0},x1\n1: bl g\n subs x19,x19,#1\n b.ne 1b\n mov x0,{0}"
    image = files(tmp_path, CALLING.format(body.format("x17")), "ret")
    assert symbolically(fn, image, "f") == {"ensures": ["x0"]}
    kept = files(
        tmp_path,
        "str x20,[sp,#-16]!\n" + CALLING.format(body.format("x20")).replace("ret", "ldr x20,[sp],#16\n ret"),
        "ret",
    )

    def deeper(p: Proof) -> None:
        fn(p)
        p.modifies(p.stack(FRAME + 16))

    assert run(deeper, kept, "f").status is Status.PROVED


def test_a_pointer_to_the_image(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        to = p.region("to", 16, access="w")
        p.call(x0=to)
        p.uses(copies)
        p.modifies(to, p.stack(FRAME))
        p.ensures(lambda s: {"sp": s.sp == p.entry.sp})

    image = files(tmp_path, CALLING.format("adr x1,f\n bl g"), COPY)
    assert "memory" in symbolically(fn, image, "f")


def test_a_global_that_the_caller_does_not_declare(tmp_path: Path) -> None:
    @contract
    def reads(p: Proof) -> None:
        v = p.global_("shared", 32)
        p.ensures(lambda s: {"w0": s.w0 == v})

    def fn(declare: bool) -> ProofFn:
        def f(p: Proof) -> None:
            p.uses(reads)
            p.modifies(p.stack(FRAME))
            if declare:
                v = p.global_("shared", 32)
                p.ensures(lambda s: {"w0": s.w0 == v})
            else:
                p.ensures(lambda s: {"sp": s.sp == p.entry.sp})

        return f

    g = "adrp x1,{0}\n ldr w0,[x1,:lo12:{0}]\n ret\n.data\n.global {0}\n{0}: .word 0\n.size {0},4\n.text"
    image = files(tmp_path, CALLING.format("bl g"), g.format("shared"))
    assert run(fn(True), image, "f").status is Status.PROVED
    assert symbolically(fn(False), image, "f")


def test_a_given_content(tmp_path: Path) -> None:
    def two(of: Callable[[Proof], Region]) -> ProofFn:
        def fn(p: Proof) -> None:
            to = of(p)
            p.given(to, 8, Bits(64, 2))
            p.ensures(lambda s: {"second": to.words(64, at=s)[1] == 2})

        return fn

    def buffer(p: Proof) -> Region:
        to = p.region("to", 16, access="r")
        p.call(x0=to)
        return to

    holds_two = contract(two(buffer))

    def fn(p: Proof) -> None:
        to = p.region("to", 16, access="rw")
        p.call(x0=to)
        p.uses(holds_two)
        p.modifies(to, p.stack(FRAME))
        p.ensures(lambda s: {"second": to.words(64, at=s)[1] == 2})

    good = files(tmp_path, CALLING.format("mov x1,#2\n str x1,[x0,#8]\n bl g"), "ret")
    assert run(fn, good, "f").status is Status.PROVED
    bad = files(tmp_path, CALLING.format("mov x1,#3\n str x1,[x0,#8]\n bl g"), "ret")
    assert "contract" in symbolically(fn, bad, "f")


def test_an_argument_in_another_register(tmp_path: Path) -> None:
    """g's proof has n in X0 and in X1; f passes two numbers."""

    @contract
    def same_twice(p: Proof) -> None:
        n = p.nat("n", low=1, high=99)
        p.call(x0=n, x1=n)
        p.ensures(lambda s: {"x0": s.x0 == n + 1})

    def fn(p: Proof) -> None:
        n, m = p.nat("n", low=1, high=9), p.nat("m", low=1, high=9)
        p.call(x0=n, x1=m)
        p.uses(same_twice)
        p.modifies(p.stack(FRAME))
        p.ensures(lambda s: {"x0": s.x0 == n + 1})

    image = files(tmp_path, CALLING.format("bl g"), SUCCESSOR)
    assert symbolically(fn, image, "f") == {"contract": ["same_twice: x1 is the argument"]}


def test_a_claim_beyond_a_region(tmp_path: Path) -> None:
    """True of what the callee's proof takes to lie beyond its region; in f's buffer, the next region is there."""

    @contract
    def beyond(p: Proof) -> None:
        a, b = p.region("a", 8, access="r", cell=1), p.region("b", 8, access="w")
        k = p.word("k", public=True)
        p.call(x0=a, x1=b, x2=k)
        p.modifies(b)
        index = ite(k == 0x1234_5678, Bits(64, 8), Bits(64, 0))
        p.ensures(lambda s: {"a": a.byte(index, at=s) == a.byte(index)})

    def fn(p: Proof) -> None:
        buffer = p.region("buffer", 16, access="rw", cell=1)
        p.call(x0=buffer)
        p.uses(beyond)
        p.modifies(buffer, p.stack(FRAME))
        p.ensures(lambda s: {"byte 8": buffer.byte(8, at=s) == buffer.byte(8)})

    body = "add x1,x0,#8\n mov x2,#0x5678\n movk x2,#0x1234,lsl 16\n bl g"
    image = files(tmp_path, CALLING.format(body), "strb wzr,[x1]\n ret")
    assert "decode" in symbolically(fn, image, "f")


def test_a_pointwise_claim_is_not_used(tmp_path: Path) -> None:
    @contract
    def zeros(p: Proof) -> None:
        to = p.region("to", 8, access="rw", cell=1)
        p.call(x0=to)
        p.modifies(to)
        p.ensures(lambda s: {"to": to.holds(lambda j: [Bits(8, 0)], upto=Bits(64, 0), at=s, words=1, width=8)})

    def fn(p: Proof) -> None:
        to = p.region("to", 8, access="rw", cell=1)
        p.call(x0=to)
        p.uses(zeros)
        p.modifies(to, p.stack(FRAME))
        p.ensures(lambda s: {"sp": s.sp == p.entry.sp})

    assert "decode" in symbolically(fn, files(tmp_path, CALLING.format("bl g"), "ret"), "f")


# -- buffers of any length ------------------------------------------------------------------------

#: X1 bytes at X0 become 0.
ERASE = "nop\n1: cbz x1,2f\n strb wzr,[x0],#1\n sub x1,x1,#1\n b 1b\n2: ret"


def zero(j: Bits) -> list[Bits]:
    return [Bits(8, 0)]


def erasing(p: Proof, upto: Callable[[Region, Bits, Bits], Callable[[State], Claim]]) -> None:
    n, k = p.nat("n", high=99), p.word("k", public=True)
    to = p.region("to", n, access="rw", cell=1)
    p.call(x0=to, x1=n, x2=k)
    p.modifies(to)

    @p.invariant(p.routine.back_edge(), upto=n, inclusive=True)
    def _(s: State, i: Bits) -> Claims:
        return {"left": s.x1 == n - i, "to": to.holds(zero, upto=i, at=s, words=1, width=8)}

    p.ensures(lambda s: {"to": upto(to, n, k)(s)})


@contract
def erases(p: Proof) -> None:
    erasing(p, lambda to, n, _: lambda s: to.holds(zero, upto=n, at=s, words=1, width=8))


def clearing(p: Proof, block: Callable[[Bits], list[Bits]] = zero, of: ProofDefinition = erases) -> None:
    """f erases a buffer of n bytes by calling g."""
    n, k = p.nat("n", low=3, high=99), p.word("k", public=True)
    to = p.region("to", n, access="rw", cell=1)
    p.call(x0=to, x1=n, x2=k)
    p.uses(of)
    p.modifies(to, p.stack(FRAME))
    p.ensures(lambda s: {"to": to.holds(block, upto=n, at=s, words=1, width=8)})


def test_a_buffer_of_any_length(tmp_path: Path) -> None:
    for f in (CALLING.format("bl g"), "b g"):
        image = files(tmp_path, f, ERASE)
        assert run(clearing, image, "f").status is Status.PROVED

    def wrong(j: Bits) -> list[Bits]:
        return [ite(j == 0x27, Bits(8, 1), Bits(8, 0))]

    assert symbolically(lambda p: clearing(p, wrong), image, "f") == {"ensures": ["to"]}


@pytest.mark.parametrize("before", ["strb w1,[x0]", "add x0,x0,#1\n sub x1,x1,#1", "strb wzr,[x0,#2]", "add x0,x0,#1"])
def test_a_buffer_that_is_not_as_on_entry(tmp_path: Path, before: str) -> None:
    """What the contract calls its entry is not f's, or its buffer is not f's."""
    image = files(tmp_path, CALLING.format(f"{before}\n bl g"), ERASE)
    open_ = symbolically(clearing, image, "f")
    assert "decode" in open_ or "contract" in open_


def test_blocks_beyond_the_buffer(tmp_path: Path) -> None:
    """As many as the buffer has bytes, and one more for a rare number; in the callee's proof that one never changes."""

    @contract
    def beyond(p: Proof) -> None:
        def claim(to: Region, n: Bits, k: Bits) -> Callable[[State], Claim]:
            def block(j: Bits) -> list[Bits]:
                return [ite(j < n, Bits(8, 0), to.byte(j))]

            more = ite(k == 0x1234_5678, n + 1, n)
            return lambda s: to.holds(block, upto=more, at=s, words=1, width=8)

        erasing(p, claim)

    image = files(tmp_path, CALLING.format("bl g"), ERASE)
    assert symbolically(lambda p: clearing(p, of=beyond), image, "f")


def test_a_buffer_erased_twice(tmp_path: Path) -> None:
    """All of it, and then all but its last byte, which is not as on entry then."""

    def fn(p: Proof) -> None:
        n = p.nat("n", low=3, high=99)
        to = p.region("to", n, access="rw", cell=1)
        p.call(x0=to, x1=n)
        p.uses(erases)
        p.modifies(to, p.stack(FRAME + 16))
        p.ensures(lambda s: {"to": to.holds(zero, upto=n - 1, at=s, words=1, width=8)})

    again = "mov x2,#0\n stp x0,x1,[sp,#-16]!\n {}\n ldp x0,x1,[sp],#16\n mov x2,#0\n sub x1,x1,#1\n bl g"
    once = files(tmp_path, CALLING.format(again.format("nop")), ERASE)
    assert run(fn, once, "f").status is Status.PROVED
    twice = files(tmp_path, CALLING.format(again.format("bl g")), ERASE)
    assert "decode" in symbolically(fn, twice, "f")


def test_a_loop_around_a_call_that_fills_a_buffer(tmp_path: Path) -> None:
    """X0 is the first byte, as the last iteration found it: 0, but for a single iteration."""

    def fn(p: Proof) -> None:
        n, times_ = p.nat("n", low=1, high=9), p.nat("times_", low=1, high=9)
        to = p.region("to", n, access="rw", cell=1)
        p.call(x0=to, x1=n, x3=times_)
        p.uses(erases)
        p.modifies(to, p.stack(48))
        p.invariant(p.routine.back_edge("f"), upto=times_)(
            lambda s, i: {"left": s.x19 == times_ - i, "to": s.x20 == to.base, "n": s.x21 == n}
        )
        p.ensures(lambda s: {"x0": s.x0 == to.byte(0).zero_extend(64)})

    f = (
        "stp x29,x30,[sp,#-48]!\n stp x19,x20,[sp,#16]\n stp x21,x22,[sp,#32]\n mov x19,x3\n mov x20,x0\n mov x21,x1\n"
        "1: ldrb w22,[x20]\n mov x0,x20\n mov x1,x21\n mov x2,#0\n bl g\n subs x19,x19,#1\n b.ne 1b\n mov x0,x22\n"
        "ldp x19,x20,[sp,#16]\n ldp x21,x22,[sp,#32]\n ldp x29,x30,[sp],#48\n ret"
    )
    assert symbolically(fn, files(tmp_path, f, ERASE), "f")


# -- folds --------------------------------------------------------------------------------------

#: X0 = X2 and the sum of X1 words at X0.
TOTAL = "mov x9,x2\n1: ldr x10,[x0],#8\n add x9,x9,x10\n subs x1,x1,#1\n b.ne 1b\n mov x0,x9\n ret"


def plus(S: Words, M: Words) -> Words:
    return Words([S[0] + M[0]])


def times(S: Words, M: Words) -> Words:
    return Words([S[0] + 3 * M[0]])


@contract
def total(p: Proof) -> None:
    n = p.nat("n", low=1, high=9)
    data, start = p.region("data", 8 * n, access="r"), p.word("start")
    p.call(x0=data, x1=n, x2=start)
    H = p.fold(plus, start=[start], over=data.blocks(words=1, width=64))
    p.invariant(p.routine.back_edge(), upto=n)(lambda s, i: {"so far": s.x9 == H(i)[0]})
    p.ensures(lambda s: {"total": s.x0 == H(n)[0]})


@pytest.mark.parametrize("wrong", ["", "step", "start", "blocks", "count"])
def test_folds(tmp_path: Path, wrong: str) -> None:
    """f(data, n, start) is g; H is f's own fold."""

    def fn(p: Proof) -> None:
        n, start = p.nat("n", low=1, high=8), p.word("start")
        data, other = p.region("data", 8 * n, access="r"), p.region("other", 8 * n, access="r")
        p.call(x0=data, x1=n, x2=start)
        p.uses(total)
        H = p.fold(
            times if wrong == "step" else plus,
            start=[start + 1 if wrong == "start" else start],
            over=(other if wrong == "blocks" else data).blocks(words=1, width=64),
        )
        p.ensures(lambda s: {"total": s.x0 == H(n - 1 if wrong == "count" else n)[0]})

    image = files(tmp_path, "b g", TOTAL)
    if wrong:
        assert symbolically(fn, image, "f") == {"ensures": ["total"]}
    else:
        assert run(fn, image, "f").status is Status.PROVED


# -- functions that stand for themselves --------------------------------------------------------


def test_iterated_functions_of_one_name_are_two() -> None:
    def step(S: Words, k: int) -> list[Bits]:
        return [S[0] + k]

    a, b = Iterated(step, times=3, name="same"), Iterated(step, times=4, name="same")
    assert a([Bits(8, 1)])[0].uint == 1 + 0 + 1 + 2
    from armsym.symbolic_memory import variable

    x = [variable("x", 8, secret=False)]
    assert (a(x)[0] == a(x)[0]).value is True
    assert (a(x)[0] == b(x)[0]).value is not True


# -- choices ------------------------------------------------------------------------------------


def adds(p: Proof, values: Sequence[int]) -> None:
    k = p.choice("k", values)
    n = p.nat("n", high=99)
    p.call(x0=n, x1=k)
    p.ensures(lambda s: {"sum": s.x0 == n + k})


@pytest.mark.parametrize("values", [(5, 3), (3, 5), (1, 2, 3, 5, 4), (1, 2, 3, 4, 6, 5)])
def test_each_of_many_cases_is_proved(tmp_path: Path, values: Sequence[int]) -> None:
    # Right for all but 5.
    image = files(tmp_path, "cmp x1,#5\n cinc x1,x1,eq\n add x0,x0,x1\n ret", SUCCESSOR)
    assert run(lambda p: adds(p, [v for v in values if v != 5]), image, "f").status is Status.PROVED
    assert symbolically(lambda p: adds(p, values), image, "f") == {"ensures": ["sum"]}
    assert run(lambda p: adds(p, values), image, "f").status is Status.REFUTED


@pytest.mark.parametrize("values", [(1, 2), range(1, 7)])
def test_a_case_that_no_input_meets(tmp_path: Path, values: Sequence[int]) -> None:
    def fn(p: Proof) -> None:
        k = p.choice("k", values)
        p.assume("k is 1", Bits(8, k) == 1)
        p.ensures(lambda s: {"sp": s.sp == p.entry.sp})

    assert run(fn, files(tmp_path, "ret", SUCCESSOR), "f").status is Status.UNDECIDED


def test_a_contract_that_is_used_in_one_case_only(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=9)
        p.call(x0=n, x1=p.choice("k", (1, 2)))
        p.modifies(p.stack(FRAME))
        if p._chosen.get("k") == 2:
            p.uses(successor)
        p.ensures(lambda s: {"x0": s.x0 == n + 1})

    image = files(tmp_path, CALLING.format("bl g"), SUCCESSOR.replace("#1", "#2"))
    assert run(fn, image, "f").status is not Status.PROVED
    assert "contract" in symbolically(fn, image, "f")


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_contract_by_cases_holds_of_its_cases(tmp_path: Path, k: int) -> None:
    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=2)
        p.call(x0=n, x1=k)
        p.uses(by_cases)
        p.modifies(p.stack(FRAME))
        p.ensures(lambda s: {"x0": s.x0 == n + k})

    by_cases = contract(lambda q: adds(q, (1, 2)))
    found = symbolically(fn, files(tmp_path, CALLING.format("bl g"), "add x0,x0,x1\n ret"), "f")
    assert found == ({"contract": ["<lambda>: x1 is the argument"], "ensures": ["x0"]} if k == 3 else {})


def test_a_contract_of_too_many_cases(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=2)
        p.call(x0=n, x1=1)
        p.uses(by_cases)
        p.modifies(p.stack(FRAME))

    by_cases = contract(lambda q: adds(q, range(17)))
    with pytest.raises(InputError, match="at most 16 cases"):
        run(fn, files(tmp_path, CALLING.format("bl g"), "add x0,x0,x1\n ret"), "f")


def test_a_claim_about_the_callees_stack_is_not_taken(tmp_path: Path) -> None:
    @contract
    def with_local(p: Proof) -> None:
        k = p.word("k")
        p.call(x0=k)
        p.modifies(p.stack(16, above=16))
        local = p.local(24, below=16)
        p.ensures(lambda s: {"x0": s.x0 == k, "own": local.holds(lambda j: [j], upto=0, at=s, words=1, width=64)})

    def fn(p: Proof) -> None:
        k = p.word("k")
        p.call(x0=k)
        p.modifies(p.stack(FRAME + 16))
        p.uses(with_local)
        p.ensures(lambda s: {"x0": s.x0 == k})

    r = run(fn, files(tmp_path, CALLING.format("bl g"), "ret"), "f")
    assert r.status is not Status.PROVED
    assert any("nothing its caller knows" in o.detail for o in r.obligations)
