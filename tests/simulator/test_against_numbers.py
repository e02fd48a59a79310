"""Every random input meets the facts of exactly one path, whose final state is what a run on numbers gives."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import pytest
from simulated import image

import armsym
from armsym.bits import Bits, Prop
from armsym.conform.symbolic import opaque_definitions
from armsym.elf import Image
from armsym.installed import load_isa
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory, ConcreteRegion
from armsym.stepper import Stepper, run_concrete
from armsym.terms import Evaluator, Var
from armsym.terms.node import ones

BASE, STACK, LINK = 0x4000_0000, 0x7000_0000, 0x6000_0000
BUFFERS = {"buf": 0x5000_0000, "out": 0x5100_0000}


class Numbers:
    """Numbers for all variables, and bytes for all regions, of one start."""

    def __init__(self, start: armsym.Start, rng: random.Random, chosen: Mapping[str, int]) -> None:
        self.start, self.rng = start, rng
        self.by_name: dict[str, int] = dict(BUFFERS) | {"lr": LINK, "sp": STACK} | dict(chosen)
        self.bytes = {b.name: rng.randbytes(b.size.uint) for b in start.buffers}
        self._evaluate = Evaluator(self._variable, self._apply)

    def _variable(self, v: Var) -> int:
        if v.name.startswith("image"):
            return BASE
        if v.name not in self.by_name:
            edges = (0, 1, ones(v.width), 1 << v.width - 1, 7, self.rng.getrandbits(v.width))
            self.by_name[v.name] = self.rng.choice(edges) & v.pb
        assert not self.by_name[v.name] & ~v.pb
        return self.by_name[v.name]

    def _apply(self, name: str, width: int, widths: tuple[int, ...], args: tuple[int, ...]) -> int:
        if name.endswith("[]"):
            data, at = self.bytes[name[:-2]], args[0]
            assert at + width // 8 <= len(data), f"{name}({at})"
            return int.from_bytes(data[at : at + width // 8], "little")
        f = opaque_definitions("semantics")[name]
        return f(*(Bits(w, a) for w, a in zip(widths, args, strict=True))).uint

    def __call__(self, b: Bits) -> int:
        return self._evaluate(b.value)

    def holds(self, c: Prop) -> bool:
        return bool(self(c.bit))

    def run(self, image: Image, symbol: str) -> tuple[Machine, dict[str, bytearray]]:
        """The routine on these numbers."""
        s, regions = self.start, []
        for b in s.buffers:
            address = self(b.address)
            data = bytearray(self(b.initial(k, 8)) for k in range(b.size.uint))
            regions.append(ConcreteRegion(b.name, address, data, b.access))
        parts = [
            ConcreteRegion(g.name, BASE + g.offset, image.loaded(g, BASE), g.access)
            for g in image.segments
            if g.access and "w" not in g.access
        ]
        m = Machine(
            x=[Bits(64, self(r)) for r in s.x],
            sp=Bits(64, self(s.sp)),
            v=[Bits(128, self(r)) for r in s.v],
            nzcv=NZCV.of_bits(Bits(4, self(s.machine.nzcv.bits))),
            pc=Bits(64, 0),
            memory=ConcreteMemory([*regions, *parts]),
        )
        stepper = Stepper(load_isa(), image, Bits(64, BASE), m.x[30])
        run_concrete(stepper, m, image.symbol(symbol).offset, max_steps=10_000)
        return m, {r.name: r.data for r in regions}


def compare(symbol: str, prepare: Callable[[armsym.Start], None], chosen: Mapping[str, range], **options: str) -> int:
    """Compare at 40 random inputs; returns how many paths were taken."""
    file = image()
    start = armsym.Start(stack=64)
    prepare(start)
    states = armsym.simulate(file, symbol, state=start, **options)  # type: ignore[arg-type]
    assert all(s.stop is not None and s.stop.complete for s in states), [s.stop for s in states]
    rng, taken = random.Random(symbol), set()
    for _ in range(40):
        n = Numbers(start, rng, {k: rng.choice(v) for k, v in chosen.items()})
        assert all(n.holds(a) for a in states[0].assumptions)
        mine = [k for k, s in enumerate(states) if all(n.holds(c) for c in s.conditions)]
        assert len(mine) == 1, f"{len(mine)} paths for one input"
        state = states[mine[0]]
        taken.add(mine[0])
        m, memory = n.run(file, symbol)
        assert [n(r) for r in state.x] == [r.uint for r in m.x]
        assert n(state.sp) == m.sp.uint
        assert [n(r) for r in state.v] == [r.uint for r in m.v]
        assert n(state.machine.nzcv.bits) == m.nzcv.bits.uint
        for b in start.buffers:
            have = bytes(n(state.read(b, k, 8)) for k in range(b.size.uint))
            assert have == memory[b.name], b.name
    return len(taken)


def test_absolute() -> None:
    assert compare("absolute", lambda s: None, {}) == 2


@pytest.mark.parametrize(("fork", "paths"), [("branches", 1), ("never", 1), ("choices", 2)])
def test_choices_are_terms_or_paths(fork: str, paths: int) -> None:
    assert compare("choose", lambda s: None, {}, fork=fork) >= paths


def test_a_loop_is_followed_for_each_count() -> None:
    def prepare(s: armsym.Start) -> None:
        n = s.symbol("n")
        s.set(x0=s.buffer("buf", 5, access="r"), x1=n).assume(n <= 5)

    assert compare("total", prepare, {"n": range(6)}) >= 5


def test_a_store_at_a_symbolic_offset() -> None:
    def prepare(s: armsym.Start) -> None:
        n = s.symbol("n")
        s.set(x0=s.buffer("buf", 4), x1=n, w2=s.symbol("byte", 32)).assume((n >= 1) & (n < 4))

    start = armsym.Start()
    prepare(start)
    (state,) = armsym.simulate(image(), "put", state=start)
    (store,) = state.writes
    assert (store.region, store.size, store.offset.value) == ("buf", 1, start.x1.value)
    on_entry = start.buffers[-1].initial(0, 8).zero_extend(32)
    assert (state.w0 == on_entry).value is True, "the store is elsewhere"


@pytest.mark.parametrize("given", [None, bytes(range(1, 9)), b"\xff\xee", {3: b"\x07", 6: Bits(16, 1)}])
def test_memory_over_the_stack(given: object) -> None:
    def prepare(s: armsym.Start) -> None:
        s.set(x0=s.buffer("buf", 8, data=given))  # type: ignore[arg-type]

    assert compare("swap", prepare, {}) == 1


def test_calls_flags_and_vectors() -> None:
    assert compare("mixed", lambda s: None, {}) >= 3
    assert compare("mixed", lambda s: None, {}, fork="choices") >= 3


def test_some_registers_are_numbers() -> None:
    def set_some(s: armsym.Start) -> None:
        s.set(x1=3, w0=5, q1=7, nzcv=0)

    assert compare("mixed", set_some, {}) >= 1


def test_a_table_of_the_image() -> None:
    assert compare("constants", lambda s: None, {}) == 1
    (state,) = armsym.simulate(image(), "constants")
    assert state.x0.uint == 0x1234_5678
