"""A counterexample is the run that was made, and a run takes values that its inputs can have."""

from __future__ import annotations

from pathlib import Path

import pytest
from refusing import run
from test_contracts import files

from armsym.bits import Bits
from armsym.discharge.z3_bridge import Model, Solver
from armsym.dsl import Proof
from armsym.elf import Image
from armsym.proof.concrete import ConcreteProof
from armsym.proof.inputs import InputValues, input_values
from armsym.proof.loops import Routine
from armsym.proof.result import Status
from armsym.proof.run import prove
from armsym.proof.trials import concrete_stepper, run_trial
from armsym.stepper import Stepper, run_concrete
from armsym.symbolic_memory import SymbolicRegion, variable
from armsym.terms import new_table
from semantics import A64

#: Returns what it finds below its stack after it released it: any value.
RELEASED = """sub sp,sp,#16
 add sp,sp,#16
 sub sp,sp,#16
 ldr x0,[sp]
 add sp,sp,#16
 ret"""

#: Returns the sum of two words of memory.
ADDS = "ldp x1,x2,[x0]\n add x0,x1,x2\n ret"


def image_of(folder: Path, text: str) -> Image:
    return files(folder, text, "ret")


def test_an_input_that_is_called_as_a_variable_of_the_engines(tmp_path: Path) -> None:
    """No input breaks `n <= 9`: the engine's own `below_sp`, which may be 65, is not the number of that name."""

    def fn(p: Proof) -> None:
        n = p.nat("below_sp", low=3, high=9)
        p.modifies(p.stack(16))
        p.ensures(lambda s: {"any value": ~(s.x0 == 65), "n": n <= 9})

    r = run(fn, image_of(tmp_path, RELEASED), "f")
    assert r.status is Status.UNDECIDED
    assert r.counterexample is None


@pytest.mark.parametrize(("value", "taken"), [(2, 7), (3, 3), (9, 9), (10, 7)])
def test_a_number_is_within_its_range(tmp_path: Path, value: int, taken: int) -> None:
    """Else it is the number that a run of four units above the least takes."""
    p = ConcreteProof(Routine(image_of(tmp_path, ADDS), A64, "f"), 1, 1, 4, InputValues({"n": value}))
    n = p.nat("n", low=3, high=9)
    assert n.uint == taken
    assert p.inputs() == {"n": str(taken)}


@pytest.mark.parametrize(("value", "taken"), [(0, True), (255, True), (256, False)])
def test_a_word_has_its_width(tmp_path: Path, value: int, taken: bool) -> None:
    image = image_of(tmp_path, ADDS)
    p = ConcreteProof(Routine(image, A64, "f"), 1, 1, 0, InputValues({"w": value}))
    w = p.word("w", 8)
    assert (w.uint == value) is taken
    assert w.width == 8


def test_two_variables_of_one_name_have_each_their_value() -> None:
    new_table()
    a, other = variable("a", 8, secret=True), variable("a", 64, secret=True)
    solver = Solver()
    solver.add((a == 7).bit.value)
    solver.add((other == 1 << 40).bit.value)
    model = solver.witness(1000)
    assert model is not None
    assert input_values(model, {"a": a}, []).numbers == {"a": 7}
    assert input_values(model, {"a": other}, []).numbers == {"a": 1 << 40}
    # What the model does not speak of has no value.
    assert input_values(model, {"a": variable("a", 8, secret=True)}, []).numbers == {}


@pytest.mark.parametrize(("width", "taken"), [(32, True), (64, False), (8, False)])
@pytest.mark.parametrize(("order", "data"), [("little", b"\x78\x56\x34\x12"), ("big", b"\x12\x34\x56\x78")])
def test_cells_have_the_size_of_the_regions(width: int, taken: bool, order: str, data: bytes) -> None:
    base = variable("r", 64, secret=False).value
    assert not isinstance(base, int)
    region = SymbolicRegion("r", base, Bits(64, 16), "r", cell=4, order=order)
    model = Model({}, [("r[]", (4,), width, 0x12345678), ("s[]", (0,), 32, 1)])
    assert input_values(model, {}, [("r", region)]).cells == ({"r": [(4, data)]} if taken else {})


def test_what_is_given_is_what_is_shown_and_run(tmp_path: Path) -> None:
    """f returns k + 5 + the address of `other`, as the memory that is given has it; the claim leaves 5 out."""

    def fn(p: Proof) -> None:
        k, other = p.word("k"), p.region("other", 8, access="r")
        r = p.region("r", 16, access="r")
        p.given(r, 0, k + 5)
        p.given(r, 8, other.base)
        p.call(x0=r)
        p.ensures(lambda s: {"sum": s.x0 == k + other.base})

    image = image_of(tmp_path, ADDS)
    r = prove(fn, name="f", image=image, symbol="f", isa=A64)
    c = r.counterexample
    assert r.status is Status.REFUTED
    assert c is not None
    k, (content, _, place), other = int(c.inputs["k"], 16), c.inputs["r"].split(), c.inputs["other"].split()[2]
    words = bytes.fromhex(content)
    first, second = int.from_bytes(words[:8], "little"), int.from_bytes(words[8:], "little")
    assert (first, second) == ((k + 5) % 2**64, int(other, 16))
    assert int(c.got, 16) == (first + second) % 2**64
    # The state on entry is the same, and a run from it gives what was shown.
    assert c.entry is not None
    assert [(p.address, p.data) for p in c.entry.memory if p.name == "r"] == [(int(place, 16), words)]
    m, _ = c.entry.machine(image, image.symbol("f").offset)
    stepper = Stepper(A64, image, Bits(64, c.entry.base), m.x[30])
    run_concrete(stepper, m, image.symbol("f").offset, max_steps=10)
    assert m.x[0].uint == int(c.got, 16) != int(c.expected, 16)


def test_a_region_given_in_parts_is_shown_whole(tmp_path: Path) -> None:
    p = ConcreteProof(Routine(image_of(tmp_path, ADDS), A64, "f"), 1, 1, 0)
    r = p.region("r", 16, access="r")
    p.given(r, 4, Bits(32, 0x01020304))
    p.call(x0=r)
    t = run_trial(p, concrete_stepper)
    shown = bytes.fromhex(t.inputs["r"].split()[0])
    assert shown[4:8] == b"\x04\x03\x02\x01"
    assert len(shown) == 16
    region = next(x for x in t.regions if x.name == "r")
    assert shown == bytes(region.data)
