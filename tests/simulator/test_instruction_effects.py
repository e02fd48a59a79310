"""The effects that `armsym explain` tells are those of a run on numbers, for every encoding class."""

from __future__ import annotations

import pytest

from armsym.bits import Bits
from armsym.conform.states import SP_EL0, random_state
from armsym.conform.symbolic import _execute, _loaded, _LogMemory, opaque_definitions
from armsym.conform.words import ClassWords
from armsym.errors import InputError, UnmodelledInstruction
from armsym.isa import Instruction
from armsym.simulator.explain import Explanation, explain
from armsym.terms import Evaluator, Var
from armsym.terms.node import ones
from semantics import A64

PC, WORDS, STATES = 0x10_0000, 6, 3
DEFINITIONS = opaque_definitions("semantics")
#: Classes whose instructions all stop the machine.
STOPPING = {"ExceptionGeneration", "PermanentlyUndefined"}


def apply(name: str, width: int, widths: tuple[int, ...], args: tuple[int, ...]) -> int:
    return DEFINITIONS[name](*(Bits(w, a) for w, a in zip(widths, args, strict=True))).uint


def compare(i: Instruction, e: Explanation, k: int) -> bool:
    """Whether the explanation was compared in state k: not where the run on numbers stops."""
    state = random_state(3, type(i).__name__, i.word, k, PC)
    for n in (*(range(31) if e.aligned else ()), 31):
        state = state.with_register(n, (state.sp if n == 31 else state.x[n]) & ones(64) & ~15)
    log = _LogMemory(lambda n, size: Bits(8 * size, _loaded(state, n, size)))
    m = state.machine(log)
    numbers = {f"x{n}": r for n, r in enumerate(state.x)} | {f"v{n}": r for n, r in enumerate(state.v)}
    numbers |= {c: state.nzcv >> (3 - n) & 1 for n, c in enumerate("NZCV")}
    numbers |= {"sp": state.sp, "PC": PC, "DIT": m.dit.uint, "SP_EL0": SP_EL0}
    numbers |= {name: _loaded(state, n, size) for n, (name, _, size) in enumerate(e.loads)}
    run = _execute(i, m, log)
    if run.stop:
        assert bool(e.stops) or run.stop in ("undefined", "alignment"), (i, run.stop)
        return False
    assert not e.stops
    met: set[str] = set()

    def variable(v: Var) -> int:
        met.add(v.name)
        return numbers[v.name]

    value = Evaluator(variable, apply)
    after = dict(numbers)
    for f in e.effects:
        if not f.what.startswith("Mem["):
            taken = f.condition is None or value(f.condition.value)
            after[f.what] = value(f.value.value) if taken else PC + 4
    if all(f.what != "PC" for f in e.effects):
        after["PC"] = PC + 4
    assert run.machine is not None
    have = {f"x{n}": r.uint for n, r in enumerate(m.x)} | {f"v{n}": r.uint for n, r in enumerate(m.v)}
    have |= {c: getattr(m.nzcv, c).bit.uint for c in "NZCV"} | {"sp": m.sp.uint, "DIT": m.dit.uint}
    not_taken = m.branch_target is None
    have["PC"] = PC + 4 if not_taken or m.branch_target is None else m.branch_target.uint
    for name, number in have.items():
        assert after[name] == number, (i, name)
    accesses = [(kind.split()[0], a.uint, v.uint) for kind, a, v in run.log]
    told = [("load", value(a.value), numbers[name]) for name, a, _ in e.loads]
    stores = [f for f in e.effects if f.what.startswith("Mem[")]
    assert [x for x in accesses if x[0] == "load"] == told
    assert [x[2] for x in accesses if x[0] == "store"] == [value(f.value.value) for f in stores]
    assert {n for n in met if not n.startswith("loaded")} <= set(e.depends)
    return True


@pytest.mark.parametrize("cls", A64.classes, ids=lambda c: c.__name__)
def test_effects_are_those_of_a_run(cls: type[Instruction]) -> None:
    compared = 0
    for n, i in enumerate(ClassWords(cls, 11).instructions(WORDS)):
        if n == WORDS:
            break
        e = explain(i.word, A64)
        assert (e.word, e.encoding) == (i.word, cls.__name__)
        assert "Arm ARM" in e.manual
        rebuilt = cls.encode(**{name: value for name, _, _, value in e.fields})
        assert rebuilt == i.word
        compared += sum(compare(i, e, k) for k in range(STATES))
    assert (compared > 0) == (cls.__name__ not in STOPPING)


def test_a_branch_depends_on_its_condition() -> None:
    e = explain(0xB40000A1, A64)  # cbz x1, #0x14
    assert e.depends == ("x1", "PC")
    (effect,) = e.effects
    assert effect.condition is not None


def test_words_are_checked() -> None:
    with pytest.raises(UnmodelledInstruction):
        explain(0xC85F7C41, A64)  # ldxr: exclusives are not modelled
    for word in (-1, 1 << 32, 1.5):
        with pytest.raises(InputError, match="explain: the word"):
            explain(word, A64)  # type: ignore[arg-type]
