"""Runs whose secrets are at edges: they meet the carries that numbers by chance hardly ever have."""

from __future__ import annotations

import random

import pytest
from assembling import assembled

from armsym.dsl import Bits, Claims, Proof, State, congruent, opaque
from armsym.elf import Image, load_bytes
from armsym.errors import InputError
from armsym.integers.numbers import MOST_MODULI, noting
from armsym.proof import run
from armsym.proof.concrete import AT_EDGES, ConcreteProof
from armsym.proof.examples import at_an_edge, below, number_of, words_at_edges
from armsym.proof.loops import Routine
from armsym.proof.result import Status
from semantics import A64

P384 = 2**384 - 2**128 - 2**96 + 2**32 - 1
ONES = 2**64 - 1

CODE = """
        .globl  sum, wide
        .type   sum, %function
sum:    ldp     x2, x3, [x0]
        ldp     x4, x5, [x1]
        adds    x2, x2, x4
        adcs    x3, x3, x5
        stp     x2, x3, [x0]
        cset    x0, cs
        ret
        .size   sum, . - sum
        .type   wide, %function
wide:   ldp     x2, x3, [x0]
        ldp     x4, x5, [x1]
        adds    x2, x2, x4
        {carry}
        stp     x2, x3, [x0]
        cset    x0, cs
        ret
        .size   wide, . - wide
"""


def image(carry: str) -> Image:
    return load_bytes(assembled(CODE.replace("{carry}", carry)), "edges.o")


def adds(p: Proof) -> None:
    a, b = p.region("a", 16, access="rw"), p.region("b", 16, access="r")
    p.call(x0=a, x1=b)
    p.modifies(a)
    total = p.integer(a.words(64)) + p.integer(b.words(64))

    @p.ensures
    def _(s: State) -> Claims:
        return {"sum": p.integer(a.words(64, at=s)) + 2**128 * p.integer([s.x0]) == total}


def status(carry: str, symbol: str = "wide") -> Status:
    return run.prove(adds, name="wide", image=image(carry), symbol=symbol, isa=A64).status


@pytest.mark.parametrize(
    "carry",
    [
        "adds x3, x3, x5",
        # The carry is lost only where the upper words are all ones and the lower ones carry: 2^-64 of all numbers.
        "cset x6, cs\n add x7, x3, x5\n adds x3, x3, x5\n cset x8, cs\n add x3, x3, x6\n cmp x8, #1",
    ],
)
def test_a_carry_that_few_numbers_have_is_found(carry: str) -> None:
    assert status("adcs x3, x3, x5") is Status.PROVED
    assert status(carry) is Status.REFUTED


def test_without_edges_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test above rests on: by chance no run meets it, and no solver is asked."""
    carry = "cset x6, cs\n add x7, x3, x5\n adds x3, x3, x5\n cset x8, cs\n add x3, x3, x6\n cmp x8, #1"
    monkeypatch.setattr(run, "EDGES", ())
    monkeypatch.setattr(run, "_search", lambda *_: run._Runs([]))
    assert status(carry) is Status.UNDECIDED


def test_the_same_seed_makes_the_same_state_and_secrets_leave_what_is_public() -> None:
    routine = Routine(image("adcs x3, x3, x5"), A64, "sum")

    def state(public: int, secret: int) -> ConcreteProof:
        p = ConcreteProof(routine, public, secret, 3, near=(P384,))
        p.region("known", 40, access="r", public=True)
        p.nat("n", high=100)
        p.word("w", public=True)
        for size in (0, 1, 7, 8, 9, 48):
            p.region(f"r{size}", size, access="r")
        p.word("few", 32)
        return p

    def said(p: ConcreteProof, *names: str) -> list[str]:
        return [p.inputs()[name] for name in names]

    secrets = [f"r{size}" for size in (9, 48)]
    differ, edges = 0, 0
    for seed in range(AT_EDGES, AT_EDGES + 40):
        one, again, other = state(seed, seed), state(seed, seed), state(seed, seed + 7919)
        assert one.inputs() == again.inputs()
        assert said(one, "known", "n", "w") == said(other, "known", "n", "w")
        differ += said(one, *secrets) != said(other, *secrets)  # (either may be next to the modulus)
        edges += any(word in one.values().cells["known"][0][1] for word in (bytes(8), b"\xff" * 8))
        assert one.values().cells["r0"] == [(0, b"")]
        assert all(len(one.values().cells[f"r{k}"][0][1]) == k for k in (1, 7, 8, 9, 48))
    assert differ > 35
    assert edges > 30  # what is public is at edges, too
    assert not any(bytes(8) in state(seed, seed).values().cells["known"][0][1] for seed in range(40))


def test_words_at_edges() -> None:
    rng = random.Random(1)
    assert words_at_edges(rng, 0) == []
    assert {at_an_edge(rng, 1) for _ in range(50)} == {0, 1}
    seen = [words_at_edges(rng, 6) for _ in range(2000)]
    assert all(len(words) == 6 and all(0 <= w <= ONES for w in words) for words in seen)
    # One word that is not 0, and one that is not all ones, at each place.
    for edge in (0, ONES):
        alone = {k for words in seen for k in range(6) if words[k] != edge and words.count(edge) == 5}
        assert alone == set(range(6))
    assert number_of([1, 2, 3]) == 1 + 2 * 2**64 + 3 * 2**128


@pytest.mark.parametrize("modulus", [1, 2, 2**64 - 1, 2**64, P384])
def test_numbers_below_a_modulus_are_below_it(modulus: int) -> None:
    rng = random.Random(2)
    found = [int.from_bytes(below(modulus)(rng, 48), "little") for _ in range(3000)]
    assert all(0 <= v < modulus for v in found)
    assert {0, modulus - 1} <= set(found)
    if modulus == P384:
        assert 2**384 % P384 in found  # 1 in Montgomery's form
        words = [[v >> 64 * k & ONES for k in range(6)] for v in found]
        ours = [P384 >> 64 * k & ONES for k in range(6)]
        # Alike in all words but one that is not the last, and so not near the modulus itself.
        assert any(w[5] == ours[5] and sum(x != y for x, y in zip(w, ours, strict=True)) == 1 for w in words)


def test_moduli_are_noted_where_that_is_asked_for() -> None:
    congruent(1, 8, 7)
    with noting() as about:
        assert not about.integers
        congruent(1, 8, 7)
        for k in range(2 * MOST_MODULI):
            congruent(1, 1, 10 + k)
    assert 7 in about.moduli
    assert len(about.moduli) == MOST_MODULI


def test_a_run_whose_claims_cannot_be_computed_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(*_: object) -> None:
        raise InputError("not computed")

    monkeypatch.setattr(run, "_trial", raises)
    monkeypatch.setattr(run, "EDGES", run.EDGES[:5])
    assert run._at_edges(None, None, (), 1000).bad is None  # type: ignore[arg-type]


@opaque("all_ones_over", 64)
def all_ones_over(a: Bits) -> Bits:
    """2^64 - 1 over a number, rounded down; of 0 there is none."""
    return Bits(64, ONES // a.uint)


@pytest.mark.parametrize("sum_", [1, 2])
def test_a_function_of_the_proof_need_not_be_defined_where_no_precondition_holds(sum_: int) -> None:
    """At edges there are numbers that chance does not make, here 0."""
    of = load_bytes(assembled(".globl f\n.type f, %function\nf: add x0, x0, #1\n ret\n.size f, . - f\n"), "f.o")

    def after(p: Proof) -> None:
        a = p.word("a")
        p.assume("a is not 0", a != 0)
        p.call(x0=a, x1=all_ones_over(a))
        p.ensures(lambda s: {"sum": p.integer(s.x0) == (p.integer(a) + sum_) % 2**64, "x1": s.x1 == all_ones_over(a)})

    found = run.prove(after, name="after", image=of, symbol="f", isa=A64)
    assert found.status is (Status.PROVED if sum_ == 1 else Status.REFUTED)
