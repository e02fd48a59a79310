"""A state is good for the claim that it is handed to: what another claim keeps of it is another time's.

The routine counts x1 down to 0 with x2 as it was on entry, then sets x2 and the first byte at x0 to 7.  A claim on
return that asks a kept state for x2 says "as it was in the loop", which is false; the machine behind the kept state
has gone on, so that what it would say is what is there now.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from refusing import run
from test_contracts import SUCCESSOR, files
from test_holes import explored

from armsym.dsl import Bits, Claims, InputError, Proof, Region, State
from armsym.proof.result import Status

CODE = """nop
1: subs x1,x1,#1
 b.ne 1b
 mov x2,#7
 strb w2,[x0]
 ret"""

#: What a claim may ask of a state, as a number that the routine changes after its loop.
ASKS: dict[str, Callable[[State, Region], Bits]] = {
    "x2": lambda s, out: s.x2,
    "w2": lambda s, out: s.w2,
    "x[2]": lambda s, out: s.x[2],
    "w[2]": lambda s, out: s.w[2],
    "the machine": lambda s, out: s.machine.x[2],
    "load": lambda s, out: s.load(out.base, 8),
    "words": lambda s, out: s.words(out.base, 8, 1)[0],
    "byte": lambda s, out: out.byte(0, at=s),
    "region words": lambda s, out: out.words(8, at=s)[0],
}
KEEPERS = ["invariant", "when", "split", "cut", "ensures", "show"]


def proof_of(ask: Callable[[State, Region], Bits], keeper: str, which: int) -> Callable[[Proof], None]:
    """A proof that claims on return that the answer is what the `which`th state kept by a claim answers."""

    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=100)
        out = p.region("out", 8, access="rw", cell=1)
        p.call(x0=out, x1=n)
        p.modifies(out)
        kept: list[State] = []

        def keep(s: State, as_: str) -> bool:
            if as_ == keeper:
                kept.append(s)
            return True

        def always(s: State) -> object:
            keep(s, "when")
            return s.x1 == s.x1

        loop = p.routine.loops()[0]

        @p.invariant(loop, upto=n, when=always)  # type: ignore[arg-type]
        def _(s: State, i: Bits) -> Claims:
            keep(s, "invariant")
            return {"left": s.x1 == n - i}

        p.split(loop, lambda s, i: (keep(s, "split"), s.x1 == 1)[1])
        p.show(loop.head, lambda s: keep(s, "show"))

        @p.cut(loop.head + 8)
        def _(s: State) -> Claims:
            keep(s, "cut")
            return {"done": s.x1 == 0}

        @p.ensures
        def _(s: State) -> Claims:
            keep(s, "ensures")
            return {"done": s.x1 == 0}

        @p.ensures
        def _(s: State) -> Claims:
            # Before the first is kept the claim is harmless, so that it is not an error of the proof that is seen.
            old = kept[which] if -len(kept) <= which < len(kept) else s
            return {"as it was": ask(s, out) == ask(old, out)}

    return fn


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("keeper", KEEPERS)
def test_what_a_kept_state_says(tmp_path: Path, ask: str, keeper: str) -> None:
    image = files(tmp_path, CODE, SUCCESSOR)
    for which in (-1, -2, 0, 1):
        found = explored(proof_of(ASKS[ask], keeper, which), image)
        assert found.get("decode") == ["the proof can be evaluated"], (which, found)


@pytest.mark.parametrize("ask", ASKS)
def test_the_state_that_a_claim_is_handed(tmp_path: Path, ask: str) -> None:
    assert explored(proof_of(ASKS[ask], "nothing", 0), files(tmp_path, CODE, SUCCESSOR)) == {}


@pytest.mark.parametrize("keeper", [k for k in KEEPERS if k not in {"split", "show"}])  # which numbers do not ask
def test_on_numbers_too(tmp_path: Path, keeper: str) -> None:
    """Where a run would compare a register with itself, the proof is refused before any is."""
    with pytest.raises(InputError, match="handed to another claim"):
        run(proof_of(ASKS["x2"], keeper, -1), files(tmp_path, CODE, SUCCESSOR), "f")


@pytest.mark.parametrize("right", [True, False])
def test_the_registers_on_entry_are_good_for_every_claim(tmp_path: Path, right: bool) -> None:
    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=100)
        out = p.region("out", 8, access="rw", cell=1)
        p.call(x0=out, x1=n)
        p.modifies(out)
        entry = p.entry

        @p.invariant(p.routine.loops()[0], upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"left": s.x1 == n - i, "x2": s.x2 == entry.x2}

        p.ensures(lambda s: {"x3": s.x3 == entry.x3} if right else {"x2": s.x2 == entry.x2})

    assert run(fn, files(tmp_path, CODE, SUCCESSOR), "f").status is (Status.PROVED if right else Status.REFUTED)


def test_blocks_that_ask_a_kept_state(tmp_path: Path) -> None:
    """The function of a block is called later than the claim is made, but with it."""

    def of(keep: bool) -> Callable[[Proof], None]:
        def fn(p: Proof) -> None:
            n = p.nat("n", low=1, high=100)
            out = p.region("out", 8, access="rw", cell=1)
            p.call(x0=out, x1=n)
            p.modifies(out)
            kept: list[State] = []

            @p.invariant(p.routine.loops()[0], upto=n)
            def _(s: State, i: Bits) -> Claims:
                kept.append(s)
                return {"left": s.x1 == n - i}

            @p.ensures
            def _(s: State) -> Claims:
                from_ = kept[-1] if keep else s
                return {"7": out.holds(lambda j: [from_.x2[7:0]], upto=Bits(64, 1), at=s, words=1, width=8)}

        return fn

    image = files(tmp_path, CODE, SUCCESSOR)
    assert explored(of(False), image) == {}
    assert explored(of(True), image).get("decode") == ["the proof can be evaluated"]
