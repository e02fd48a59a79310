"""Rejection sampling: stores past the end, bounds and counts off by one, a secret beside what is revealed.

f(x0 out, x1 room, x2 buf, x3 bytes) takes two numbers of 12 bits from each three bytes, and writes those below 3329.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from refusing import refute, run, symbolically
from test_contracts import files

from armsym.dsl import Bits, Claims, Filter, InputError, Proof, Prop, State, Words, concat, ite
from armsym.elf import Image
from armsym.proof.engine import Budget
from armsym.proof.result import ProofResult, Status

Fn = Callable[[Proof], None]
BUDGET = Budget(seconds=20, steps=4000, paths=64, claim_ms=300)

SAMPLER = """
    mov x4,#0
    mov x5,#0
    mov w12,#3329
1:  cmp x4,x1
    b.hs 3f
    cmp x5,x3
    b.hs 3f
    add x11,x2,x5
    ldrb w6,[x11]
    ldrb w7,[x11,#1]
    ldrb w8,[x11,#2]
    add x5,x5,#3
    bfi w6,w7,#8,#4
    lsr w7,w7,#4
    orr w7,w7,w8,lsl #4
    cmp w6,w12
    b.hs 2f
    strh w6,[x0,x4,lsl #1]
    add x4,x4,#1
    cmp x4,x1 // room?
    b.hs 3f // room?
2:  cmp w7,w12
    b.hs 1b
    strh w7,[x0,x4,lsl #1]
    add x4,x4,#1
    b 1b
3:  mov x0,x4
    ret
"""


def code(folder: Path, *changes: tuple[str, str]) -> Image:
    """The sampler with some text of it replaced, each once."""
    text = SAMPLER
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return files(folder, text, "ret")


def below(bound: int) -> Callable[[Words], list[tuple[Prop, Bits]]]:
    def candidates(block: Words) -> list[tuple[Prop, Bits]]:
        return [(d.zero_extend(32) < bound, d) for d in concat(*reversed(block)).elems(12)]

    return candidates


def sampler(
    *, bound: int = 3329, secret: bool = False, reveal: bool = False, upto: int | None = None, least: int = 0
) -> Fn:
    """All that the sampler does: what is accepted is written in order as far as there is room, and counted."""

    def fn(p: Proof) -> None:
        n, room = p.nat("n", low=least, high=2**20), p.nat("room", high=2**20)
        out = p.region("out", 2 * room, access="w")
        buf = p.region("buf", 3 * n, access="r", cell=1, public=not secret)
        p.call(x0=out, x1=room, x2=buf, x3=3 * n)
        p.modifies(out)
        A = p.filter(below(bound), width=12, over=buf.blocks(words=3, width=8))
        if reveal:
            p.reveals("which numbers are accepted", A, upto=n if upto is None else upto)

        def written(s: State, blocks: Bits, count: Bits) -> Claims:
            found = A(blocks)
            return {"written": out.holds(lambda k: [found[k].zero_extend(16)], upto=count, at=s, words=1, width=16)}

        @p.invariant(p.routine.back_edge(), upto=n, inclusive=True)
        def _(s: State, k: Bits) -> Claims:
            count = A(k).count
            return {"count": s.x4 == count, "room": count <= room, "read": s.x5 == 3 * k, **written(s, k, count)}

        @p.ensures
        def _(s: State) -> Claims:
            count = A(n).count
            fits = ite(count < room, count, room)
            return {"count": s.x0 == fits, **written(s, n, fits)}

    return fn


def answer(fn: Fn, image: Image) -> ProofResult:
    return run(fn, image, "f", BUDGET)


def unproved(fn: Fn, image: Image) -> dict[str, list[str]]:
    return symbolically(fn, image, "f", budget=BUDGET)


def test_the_sampler_is_proved(tmp_path: Path) -> None:
    assert answer(sampler(), code(tmp_path)).status is Status.PROVED


#: Changes of the code, and what is false then.
WRONG = {
    "one past the end": ([("    cmp x4,x1 // room?\n    b.hs 3f // room?\n", "")], "memory"),
    "the bound is accepted": ([("cmp w6,w12\n    b.hs 2f", "cmp w6,w12\n    b.hi 2f")], "invariant"),
    "one less is accepted": ([("#3329", "#3328")], "invariant"),
    "one more is counted": ([("mov x0,x4", "add x0,x4,#1")], "ensures"),
    "the second is stored over the first": (
        [("strh w7,[x0,x4,lsl #1]\n    add x4,x4,#1", "strh w7,[x0]\n    add x4,x4,#1")],
        "",
    ),
    "the halves are exchanged": ([("strh w6", "strh w7")], ""),
    "the first is stored without being counted": (
        [("strh w6,[x0,x4,lsl #1]\n    add x4,x4,#1", "strh w6,[x0,x4,lsl #1]")],
        "",
    ),
    "the last block is left out": ([("cmp x5,x3\n    b.hs 3f", "add x11,x5,#3\n    cmp x11,x3\n    b.hs 3f")], ""),
}


@pytest.mark.parametrize(("changes", "kind"), WRONG.values(), ids=WRONG)
def test_a_wrong_sampler_is_not_proved(changes: list[tuple[str, str]], kind: str, tmp_path: Path) -> None:
    image = code(tmp_path, *changes)
    found = unproved(sampler(), image)
    assert found
    assert not kind or kind in found


def test_a_wrong_sampler_is_refuted(tmp_path: Path) -> None:
    changes, kind = WRONG["one past the end"]
    assert refute(sampler(), code(tmp_path, *changes), "f")[0] == kind
    changes, kind = WRONG["one more is counted"]
    assert refute(sampler(), code(tmp_path, *changes), "f") == (kind, "count")


@pytest.mark.parametrize("bound", [3328, 3330])
def test_another_bound_is_not_proved(bound: int, tmp_path: Path) -> None:
    assert unproved(sampler(bound=bound), code(tmp_path))


# -- what is public, and what is revealed -----------------------------------------------------------


def test_a_secret_buffer_is_a_leak(tmp_path: Path) -> None:
    assert "constant-time" in unproved(sampler(secret=True), code(tmp_path))


def test_what_is_revealed_may_be_branched_on(tmp_path: Path) -> None:
    r = answer(sampler(secret=True, reveal=True), code(tmp_path))
    assert r.status is Status.PROVED
    assert "an attacker may know which numbers are accepted" in r.assumptions


#: A branch, or an address, that depends on one bit of a number that is accepted or not.
BESIDE = {
    "a branch": ("cmp w6,w12\n", "tbz w6,#3,4f\n    nop\n4:  cmp w6,w12\n"),
    "an address": ("cmp w6,w12\n", "and x9,x6,#1\n    ldrb w9,[x11,x9]\n    cmp w6,w12\n"),
    "a division": ("cmp w6,w12\n", "udiv w9,w6,w12\n    cmp w6,w12\n"),
    "another bound": ("cmp w6,w12\n", "cmp w6,#7\n    b.lo 4f\n    nop\n4:  cmp w6,w12\n"),
}


@pytest.mark.parametrize("change", BESIDE.values(), ids=BESIDE)
def test_a_secret_beside_what_is_revealed_is_a_leak(change: tuple[str, str], tmp_path: Path) -> None:
    assert unproved(sampler(secret=True, reveal=True), code(tmp_path, change)) == {
        "constant-time": ["no branch, address or variable-latency operand depends on a secret"]
    }


@pytest.mark.parametrize("name", ["a branch", "a division"])
def test_runs_of_which_the_same_is_revealed_show_it(name: str, tmp_path: Path) -> None:
    r = answer(sampler(secret=True, reveal=True), code(tmp_path, BESIDE[name]))
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert r.counterexample.kind == "constant-time"
    assert r.counterexample.other_inputs["buf"] != r.counterexample.inputs["buf"]


def test_less_is_revealed_than_is_asked(tmp_path: Path) -> None:
    """The proof says that of block 0 alone it may be known; it speaks of all."""
    r = answer(sampler(secret=True, reveal=True, upto=1, least=1), code(tmp_path))
    assert r.status is not Status.PROVED
    assert any("not shown to be among the 1 blocks" in o.detail for o in r.obligations)


# -- values that are revealed -----------------------------------------------------------------------

COMPARE = "cmp w0,w1\n    b.lo 1f\n    nop\n1:  mov w0,#7\n    ret"


def values(*, reveal: Callable[[Bits, Bits], object]) -> Fn:
    def fn(p: Proof) -> None:
        a, b = p.word("a", 32), p.word("b", 32)
        p.call(w0=a, w1=b)
        p.reveals("the order", reveal(a, b))  # type: ignore[arg-type]
        p.ensures(lambda s: {"seven": s.w0 == 7})

    return fn


REVEALED = {
    "the comparison": (COMPARE, lambda a, b: (a < b).bit, True),
    "its complement": (COMPARE, lambda a, b: (a >= b).bit, True),
    "both numbers": (COMPARE, lambda a, b: [a, b], True),
    "one number": (COMPARE, lambda a, b: a, False),
    "whether they are equal": (COMPARE, lambda a, b: (a == b).bit, False),
    "all bits but one": (COMPARE, lambda a, b: [a[31:1], b], False),
    "the bit": ("tbz w0,#3,1f\n    nop\n1:  mov w0,#7\n    ret", lambda a, b: a[3:3], True),
    "the bit beside it": ("tbz w0,#3,1f\n    nop\n1:  mov w0,#7\n    ret", lambda a, b: a[4:4], False),
    "the sum of two bits": ("tbz w0,#3,1f\n    nop\n1:  mov w0,#7\n    ret", lambda a, b: a[3:3] ^ b[3:3], False),
}


@pytest.mark.parametrize(("text", "reveal", "shown"), REVEALED.values(), ids=REVEALED)
def test_only_what_is_revealed_is_public(
    text: str, reveal: Callable[[Bits, Bits], object], shown: bool, tmp_path: Path
) -> None:
    found = unproved(values(reveal=reveal), files(tmp_path, text, "ret"))
    assert found == (
        {} if shown else {"constant-time": ["no branch, address or variable-latency operand depends on a secret"]}
    )


# -- public counters --------------------------------------------------------------------------------

#: W0 = how many of the bytes are not 0; branches on the count at the end.
COUNTER = """
    mov x3,#0
    mov x4,#0
1:  ldrb w5,[x0,x3]
    cmp w5,#0
    cinc x4,x4,ne
    add x3,x3,#1
    cmp x3,x1
    b.lo 1b
    cbz x4,2f
    nop
2:  mov x0,#7
    ret
"""


def counter(*, public: bool, start: str = "") -> Fn:
    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=2**20)
        buf = p.region("buf", n, access="r", cell=1, public=public)
        p.call(x0=buf, x1=n, x2=p.word("secret"))
        loop = p.routine.back_edge()
        p.invariant(loop, upto=n)(lambda s, i: {"read": s.x3 == i, "few": s.x4 <= i})
        p.ensures(lambda s: {"seven": s.x0 == 7})

    return fn


def test_what_is_computed_of_public_data_is_public_at_a_loop_head(tmp_path: Path) -> None:
    image = files(tmp_path, COUNTER, "ret")
    assert answer(counter(public=True), image).status is Status.PROVED
    assert "constant-time" in unproved(counter(public=False), image)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("mov x4,#0", "and x4,x2,#1"),  # secret on entry
        ("cinc x4,x4,ne", "csel x4,x4,x2,ne"),  # after some iterations
        ("cinc x4,x4,ne", "add x4,x4,x6\n    and x6,x2,#1"),  # by way of another register
    ],
)
def test_a_secret_does_not_become_public_there(old: str, new: str, tmp_path: Path) -> None:
    image = files(tmp_path, COUNTER.replace(old, new), "ret")
    assert "constant-time" in unproved(counter(public=True), image)


def test_a_fold_over_public_data_is_public_and_over_secrets_is_not(tmp_path: Path) -> None:
    def folded(*, public: bool, with_secret: bool) -> Fn:
        def fn(p: Proof) -> None:
            n, k = p.nat("n", low=1, high=2**20), p.word("secret")
            buf = p.region("buf", n, access="r", cell=1, public=public)
            p.call(x0=buf, x1=n, x2=k)
            start = [Bits(64, 0), k if with_secret else Bits(64, 0)]

            def step(c: Words, b: Words) -> list[Bits]:
                more = (b[0] != 0).bit.zero_extend(64)
                return [c[0] + more + (c[1] & 0 if not with_secret else c[1] ^ c[1]), c[1]]

            H = p.fold(step, start=start, over=buf.blocks(words=1, width=8))
            p.invariant(p.routine.back_edge(), upto=n)(lambda s, i: {"read": s.x3 == i, "count": s.x4 == H(i)[0]})
            p.ensures(lambda s: {"seven": s.x0 == 7})

        return fn

    image = files(tmp_path, COUNTER, "ret")
    assert unproved(folded(public=True, with_secret=False), image) == {}
    assert unproved(folded(public=True, with_secret=True), image) == {}  # of another word of the fold
    assert "constant-time" in unproved(folded(public=False, with_secret=False), image)


# -- bad use ----------------------------------------------------------------------------------------


def misuse(use: Callable[[Proof, Filter], object], candidates: Callable[[Words], object] | None = None) -> Fn:
    def fn(p: Proof) -> None:
        buf = p.region("buf", 6, access="r", cell=1)
        p.call(x0=buf)
        use(p, p.filter(candidates or below(3329), width=12, over=buf.blocks(words=3, width=8)))  # type: ignore[arg-type]
        p.ensures(lambda s: {"x": s.x0 == s.x0})

    return fn


BAD = {
    "without upto": (lambda p, A: p.reveals("x", A), "say of how many blocks"),
    "twice": (lambda p, A: (p.reveals("x", A, upto=2), p.reveals("y", A, upto=2)), "say first, and once"),
    "no value": (lambda p, A: p.reveals("x", 3), "the values"),
    "upto of a value": (lambda p, A: p.reveals("x", Bits(1, 0), upto=2), "counts the blocks"),
    "an index": (lambda p, A: A("one"), "a number of blocks"),
    "blocks before the first": (lambda p, A: A(2**64 - 1).count, r"A\(0xffffffffffffffff\) is not computed"),
    "local without a stack": (lambda p, A: p.local(16, below=16), "declare it first"),
    "local beyond the stack": (lambda p, A: (p.modifies(p.stack(16)), p.local(32, below=16)), "do not lie in"),
}


@pytest.mark.parametrize(("use", "said"), BAD.values(), ids=BAD)
def test_misuse_is_named(use: Callable[[Proof, Filter], object], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        answer(misuse(use), files(tmp_path, "ret", "ret"))


@pytest.mark.parametrize(
    ("candidates", "said"),
    [
        (lambda b: [], "are 1 to 64"),
        (lambda b: [(b[0] < 3, b[0])], "have 12 bits, not 8"),
        (lambda b: [b[0]], "are pairs of a condition and bits"),
    ],
)
def test_candidates_have_a_shape(candidates: Callable[[Words], object], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        answer(misuse(lambda p, A: A.block(0), candidates), files(tmp_path, "ret", "ret"))
