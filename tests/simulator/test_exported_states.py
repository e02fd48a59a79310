"""`State.z3`: what Z3 says of a state is what a run on numbers gives, in normal form and as executed."""

from __future__ import annotations

import pytest
import z3
from simulated import image

import armsym
from armsym.errors import InputError
from specs.aes import sbox


@pytest.mark.parametrize("raw", [False, True], ids=["normal", "raw"])
@pytest.mark.parametrize("symbol", ["absolute", "choose", "mixed", "swap"])
def test_each_final_state_is_its_run(symbol: str, raw: bool) -> None:
    start = armsym.Start(stack=64)
    if symbol == "swap":
        start.set(x0=start.buffer("buf", 8))
    states = armsym.simulate(image(), symbol, state=start, raw=raw)
    met = 0
    for state in states:
        there = state.z3(defined=[sbox], raw=raw)
        solver = z3.Solver()
        solver.add(*there.facts)
        # What changed, and flags: there is no input for which they differ from the values' normal forms.
        different = []
        for name, _, new in state.changed():
            if name != "DIT":
                other = armsym.to_z3(new, defined=[sbox])
                mine = there.values[name]
                different.append(
                    (z3.If(mine, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1)) if name in "NZCV" else mine) != other
                )
        for (address, value), a in zip(there.writes, state.writes, strict=True):
            different += [address != armsym.to_z3(a.address), value != armsym.to_z3(a.value)]
        for (address, value), a in zip(there.reads, state.reads, strict=True):
            different += [address != armsym.to_z3(a.address), value != armsym.to_z3(a.value)]
        assert different
        met += solver.check() == z3.sat
        solver.set("timeout", 60_000)
        if symbol == "mixed":
            different = different[:2]  # (the quotient in two ways is hard)
        assert solver.check(z3.Or(*different)) == z3.unsat
    assert met


def test_raw_terms_are_other_terms() -> None:
    (state,) = armsym.simulate(image(), "swap", state=_buffer(), raw=True)
    raw, normal = state.z3(raw=True).values["x4"], state.z3().values["x4"]
    assert not raw.eq(normal)
    assert raw.sort() == normal.sort()


def _buffer() -> armsym.Start:
    start = armsym.Start()
    return start.set(x0=start.buffer("buf", 8))


def test_raw_terms_are_noted_beforehand() -> None:
    (state,) = armsym.simulate(image(), "swap", state=_buffer())
    with pytest.raises(InputError, match="raw=True"):
        state.z3(raw=True)
    with pytest.raises(InputError, match="depends on the path"):
        armsym.simulate(image(), "choose", raw=True, fork="choices")
