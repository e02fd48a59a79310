"""How paths end, what hooks may do, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import z3
from assembling import run_tool
from simulated import image

import armsym
from armsym import Kind
from armsym.bits import Bits
from armsym.errors import InputError, MemoryFault
from armsym.terms.node import ones


def ends(states: list[armsym.State]) -> list[Kind]:
    assert all(s.stop is not None for s in states)
    return [s.stop.kind for s in states if s.stop is not None]


def covered(states: list[armsym.State]) -> bool:
    """Whether every start meets the conditions of one of the states, and of one only: Z3 says."""
    solver, paths = z3.Solver(), []
    solver.add(*(armsym.to_z3(a) for a in states[0].assumptions))
    for s in states:
        paths.append(z3.And(*(armsym.to_z3(c) for c in s.conditions)))
    exactly_one = z3.PbEq([(p, 1) for p in paths], 1)
    solver.add(z3.Not(exactly_one))
    return bool(solver.check() == z3.unsat)


# -- bounds -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("offset", "inside"), [(0, True), (3, True), (4, False), (-1, False), (ones(63), False)])
def test_the_edges_of_a_buffer(offset: int, inside: bool) -> None:
    start = armsym.Start()
    start.set(x0=start.buffer("buf", 4), x1=offset)
    (state,) = armsym.simulate(image(), "put", state=start)
    assert state.stop is not None
    assert state.stop.complete == inside
    if not inside:
        assert "outside of its 4 bytes" in state.stop.text
        assert "strb w2, [x0, x1]" in state.stop.text
        assert state.writes == ()


@pytest.mark.parametrize(("low", "high", "end"), [
    (0, 4, "within"), (0, 5, "not shown"), (4, 9, "outside"), (3, 4, "within"), (0, 1 << 64, "not shown"),
])  # fmt: skip
def test_a_symbolic_offset_is_shown_to_lie_inside(low: int, high: int, end: str) -> None:
    start = armsym.Start()
    n = start.symbol("n")
    start.set(x0=start.buffer("buf", 4), x1=n)
    start.assume(n >= low, n <= high - 1)
    states = armsym.simulate(image(), "put", state=start)
    (state,) = states
    assert state.stop is not None
    if end == "within":
        # What comes after the store loads byte 0: whether the store met it is not known where n may be 0.
        assert len(state.writes) == 1
        assert state.stop.complete or "may or may not meet an earlier store" in state.stop.text
    else:
        assert state.stop.kind is Kind.UNKNOWN
        assert {"not shown": "not shown to lie within", "outside": "outside of"}[end] in state.stop.text
        assert state.writes == ()


def test_a_symbolic_size_bounds_as_a_number_does() -> None:
    start = armsym.Start()
    n, k = start.symbol("n"), start.symbol("k")
    start.set(x0=start.buffer("buf", n), x1=k)
    start.assume(k < n, k > 0)
    (state,) = armsym.simulate(image(), "put", state=start)
    assert ends([state]) == [Kind.RETURNED]
    other = armsym.Start()
    n, k = other.symbol("n"), other.symbol("k")
    other.set(x0=other.buffer("buf", n), x1=k)
    other.assume(k <= n, k > 0)
    (state,) = armsym.simulate(image(), "put", state=other)
    assert ends([state]) == [Kind.UNKNOWN]


def test_what_stops_leaves_the_state_as_it_was() -> None:
    """STP whose bytes do not all fit: neither is stored, no register is changed, and it stands at the instruction."""
    start = armsym.Start()
    buf = start.buffer("buf", 12, data=bytes(range(12)))
    start.set(x0=buf)
    (state,) = armsym.simulate(image(), "pair", state=start)
    assert ends([state]) == [Kind.UNKNOWN]
    assert state.stop is not None
    assert "stp x1, x2, [x0]" in state.stop.text
    assert [state.read(buf, k, 8).uint for k in range(12)] == list(range(12))
    assert state.at == image().symbol("pair").offset + 4
    assert state.writes == ()
    assert [name for name, _, _ in state.changed()] == ["x3"]


def test_registers_loaded_before_the_stop_are_taken_back() -> None:
    start = armsym.Start()
    start.set(x0=start.buffer("buf", 24, data=bytes(24)))
    (state,) = armsym.simulate(image(), "vectors", state=start)
    assert ends([state]) == [Kind.UNKNOWN]
    assert list(state.changed()) == []
    assert state.accesses == ()


def test_permissions_and_unknown_addresses_stop() -> None:
    start = armsym.Start()
    start.set(x0=start.buffer("buf", 4, access="r"), x1=0)
    (state,) = armsym.simulate(image(), "put", state=start)
    assert state.stop is not None
    assert "which may not be written" in state.stop.text
    for x0, why in ((None, "has no known base"), (0x1000, "is a number")):
        start = armsym.Start()
        if x0 is not None:
            start.set(x0=x0, x1=0)
        (state,) = armsym.simulate(image(), "put", state=start)
        assert state.stop is not None
        assert state.stop.kind is Kind.UNKNOWN
        assert why in state.stop.text


def test_what_the_file_does_not_say_stops() -> None:
    for symbol, why in (
        ("unmodelled", "unallocated or not modelled"),
        ("jump", "neither code of the image nor the return address"),
        ("uses_data", "which is writable"),
        ("calls_other", "which this file does not define"),
        ("system", "SVC #0x0 stops the machine"),
    ):
        (state,) = armsym.simulate(image(), symbol)
        assert ends([state]) == [Kind.UNKNOWN], symbol
        assert state.stop is not None
        assert why in state.stop.text


# -- paths and limits -------------------------------------------------------------------------------


def counting() -> armsym.Start:
    start = armsym.Start()
    n = start.symbol("n")
    return start.set(x0=start.buffer("buf", 8, access="r"), x1=n).assume(n <= 8)


def test_paths_cover_every_start() -> None:
    states = armsym.simulate(image(), "total", state=counting())
    assert ends(states) == [Kind.RETURNED] * 9
    assert covered(states)


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_no_path_is_dropped_at_the_limit(limit: int) -> None:
    states = armsym.simulate(image(), "total", state=counting(), max_paths=limit)
    assert len(states) == limit
    assert ends(states).count(Kind.BUDGET) == 1
    assert covered(states)
    (last,) = [s for s in states if s.stop is not None and s.stop.kind is Kind.BUDGET]
    assert last.at == image().symbol("total").offset + 4, "it stands at the branch"


def test_steps_and_terms_are_limited() -> None:
    (state,) = armsym.simulate(image(), "forever", max_steps=7)
    assert (ends([state]), state.steps) == ([Kind.BUDGET], 7)
    assert (state.x0 == armsym.Start().x0).value is not True
    (state,) = armsym.simulate(image(), "forever", max_terms=1, max_steps=1000)
    assert ends([state]) == [Kind.BUDGET]
    assert state.stop is not None
    assert "terms" in state.stop.text
    states = armsym.simulate(image(), "absolute", fork="never")
    assert ends(states) == [Kind.BUDGET]
    assert covered(states)


def test_begin_and_end_anywhere() -> None:
    first = image().symbol("absolute").offset
    (state,) = armsym.simulate(image(), "absolute+8", until="absolute+0xc")
    assert (ends([state]), state.steps, state.at) == ([Kind.UNTIL], 1, first + 12)
    assert [n for n, _, _ in state.changed()] == ["x0"]
    (state,) = armsym.simulate(image(), first + 8, until=[first + 12, first + 8])
    assert state.steps == 1, "a path does not end where it begins"
    (state,) = armsym.simulate(image(), "forever", until="forever")
    assert state.steps == 2


def test_a_contradiction_is_no_start() -> None:
    start = armsym.Start()
    n = start.symbol("n")
    start.assume(n < 3, n > 5)
    with pytest.raises(InputError, match="contradicts itself"):
        armsym.simulate(image(), "absolute", state=start)
    with pytest.raises(InputError, match="contradicts itself"):
        armsym.simulate(image(), "absolute", state=armsym.Start().assume(False))


def test_regions_are_apart() -> None:
    """That two buffers do not overlap is handed over as a fact, and so is that none wraps."""
    start = armsym.Start()
    a, b = start.buffer("a", 16), start.buffer("b", 8, access="r")
    (state,) = armsym.simulate(image(), "constants", state=start)
    for near in (0, 8, 15, -7):
        assert state.decide(b.address == a.address + near) is False
    for far in (16, -8):
        assert state.decide(b.address == a.address + far) is None
    assert state.decide(a.address == ones(64) - 8) is False
    assert state.decide(a.address == state.sp - 16) is False


# -- hooks ------------------------------------------------------------------------------------------


def test_hooks_see_each_instruction_once() -> None:
    for fork in ("branches", "choices"):
        seen: list[tuple[str, int]] = []
        states = armsym.simulate(
            image(),
            "choose",
            fork=fork,
            before=lambda s, seen=seen: seen.append(("before", s.at)),  # type: ignore[misc]
            after=lambda s, seen=seen: seen.append(("after", s.steps)),  # type: ignore[misc]
        )
        executed = seen.count(("before", image().symbol("choose").offset))
        assert executed == 1
        assert sum(k == "after" for k, _ in seen) >= 4
        assert sum(k == "before" for k, _ in seen) <= sum(k == "after" for k, _ in seen)
        assert all(s.steps == 4 for s in states)


def test_a_hook_changes_the_state_or_ends_the_path() -> None:
    def hook(s: armsym.State) -> None:
        if s.steps == 2:
            s.set(w0=0x55)

    (state,) = armsym.simulate(image(), "forever", max_steps=4, after=hook)
    assert state.x0.uint == 0x56

    def stop(s: armsym.State) -> None:
        if s.x0.value == s.x1.value:
            raise armsym.StopPath("they are equal")

    (state,) = armsym.simulate(image(), "forever", state=armsym.Start().set(x0=3, x1=5), before=stop)
    assert state.stop == armsym.Stop(Kind.HOOK, "they are equal")
    assert state.x0.uint == 5

    def bad(s: armsym.State) -> None:
        s.load(s.x5, 8)

    (state,) = armsym.simulate(image(), "forever", before=bad)
    assert ends([state]) == [Kind.UNKNOWN]
    with pytest.raises(InputError, match="no register 'x31'"):
        armsym.simulate(image(), "forever", before=lambda s: s.set(x31=0))


def test_a_system_call_is_modelled_by_a_hook() -> None:
    def kernel(s: armsym.State, kind: str, immediate: int) -> None:
        assert (kind, immediate, s.x8.uint) == ("SVC", 0, 64)
        s.set(x0=s.x2)

    (state,) = armsym.simulate(image(), "system", exception=kernel)
    assert ends([state]) == [Kind.RETURNED]
    assert (state.x0 == state.x2).value is True


def test_routines_are_followed_stopped_at_or_replaced() -> None:
    (state,) = armsym.simulate(image(), "calls_other", replace={"other": lambda s: s.set(x0=41)})
    assert (ends([state]), state.x0.uint) == ([Kind.RETURNED], 42)
    states = armsym.simulate(image(), "mixed", calls="stop")
    assert ends(states) == [Kind.CALL]
    assert states[0].at == image().symbol("absolute").offset
    states = armsym.simulate(image(), "mixed", calls="stop", replace={"absolute": lambda s: s.set(x0=1)})
    assert set(ends(states)) == {Kind.RETURNED}
    back = image().symbol("mixed").offset + 12
    (state,) = armsym.simulate(image(), "mixed", replace={"absolute": lambda s: back + 4}, until=back + 4)
    assert ends([state]) == [Kind.UNTIL]

    def stores(s: armsym.State) -> None:
        s.store(s.sp + 8, Bits(64, 7))

    (state,) = armsym.simulate(image(), "calls_other", replace={"other": stores})
    assert [a.value.uint for a in state.writes if a.value.is_concrete] == [7]

    def outside(s: armsym.State) -> None:
        s.store(s.sp + (1 << 20), Bits(64, 7))

    (state,) = armsym.simulate(image(), "calls_other", replace={"other": outside})
    assert ends([state]) == [Kind.UNKNOWN]


def test_a_function_of_another_library_is_replaced(tmp_path: Path) -> None:
    lines = ("stp x29, x30, [sp, #-16]!", "bl elsewhere", "add x0, x0, #1", "ldp x29, x30, [sp], #16", "ret")
    (tmp_path / "f.s").write_text(".text\n.global f\nf:\n" + "".join(f"  {n}\n" for n in lines))
    run_tool(tmp_path, "as", "f.s", "-o", "f.o")
    run_tool(tmp_path, "ld", "-shared", "f.o", "-o", "lazy.so")
    lazy = armsym.load(tmp_path / "lazy.so")
    # The slot may be filled at any time: the name does not help, the stub's place does.
    (state,) = armsym.simulate(lazy, "f", replace={"elsewhere": lambda s: s.set(x0=9)})
    assert ends([state]) == [Kind.UNKNOWN]
    (state,) = armsym.simulate(lazy, "f", until="f+8", calls="stop")
    stub = state.at
    (state,) = armsym.simulate(lazy, "f", replace={stub: lambda s: s.set(x0=9)})
    assert (ends([state]), state.x0.uint) == ([Kind.RETURNED], 10)
    run_tool(tmp_path, "ld", "-shared", "-z", "now", "f.o", "-o", "f.so")
    file = armsym.load(tmp_path / "f.so")
    (state,) = armsym.simulate(file, "f")
    assert ends([state]) == [Kind.UNKNOWN]
    assert state.stop is not None
    assert "elsewhere" in state.stop.text
    (state,) = armsym.simulate(file, "f", replace={"elsewhere": lambda s: s.set(x0=9)})
    assert (ends([state]), state.x0.uint) == ([Kind.RETURNED], 10)


def test_step_by_step() -> None:
    simulation = armsym.Simulation(image(), "total", state=counting())
    steps = [next(iter(simulation)) for _ in range(3)]
    assert [s.assembly.split()[0] for s in steps] == ["mov", "cbz", "mov"]
    assert len(steps[1].others) == 1
    rest = list(simulation)
    assert sum(len(s.accesses) for s in rest) == 8, "one load for each byte: what paths share is executed once"
    assert len(simulation.states) == 9
    assert len(simulation.run()) == 9, "nothing is left"


# -- what is refused --------------------------------------------------------------------------------


def options(**given: Any) -> Any:
    return given


@pytest.mark.parametrize(("given", "message"), [
    (options(until="nowhere"), "nowhere"),
    (options(until=2), "no instruction"),
    (options(max_steps=0), "max_steps is at least 1"),
    (options(max_paths=1.5), "max_paths is a whole number"),
    (options(fork="sometimes"), "fork is one of"),
    (options(calls="no"), "calls one of"),
    (options(before=3), "before is a function"),
    (options(replace={"absolute": 3}), "a function of the state"),
    (options(replace={"absent": print}), "absent"),
    (options(state=5), "state is a Start"),
    (options(until="absolute+x"), "is not a number"),
])  # fmt: skip
def test_options_are_checked(given: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        armsym.simulate(image(), "absolute", **given)


def test_places_and_images_are_checked() -> None:
    with pytest.raises(InputError, match="takes what"):
        armsym.simulate("file.o", "absolute")  # type: ignore[arg-type]
    for place in (True, 1.5, None):
        with pytest.raises(InputError, match="a place is"):
            armsym.simulate(image(), place)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no instruction"):
        armsym.simulate(image(), "counter")


def test_a_start_is_checked() -> None:
    start = armsym.Start()
    buf = start.buffer("buf", 8)
    for registers, message in (
        ({"x31": 0}, "no register 'x31'"),
        ({"x00": 0}, "no register 'x00'"),
        ({"sp": 0}, "sp stays"),
        ({"w0": 1 << 32}, "does not fit"),
        ({"x0": -(1 << 63) - 1}, "does not fit"),
        ({"x0": Bits(32, 0)}, "x0 has 64 bits, it was given 32"),
        ({"x0": "buf"}, "is given Bits"),
        ({"nzcv": 16}, "does not fit"),
        ({"x0": armsym.Start().buffer("b", 1)}, "another Start"),
    ):
        with pytest.raises(InputError, match=message):
            start.set(**registers)
    for name in ("buf", "sp", "stack", "lr", "a b", "", "x30", "v31", "N"):
        with pytest.raises(InputError, match="is no name"):
            start.buffer(name, 8)
    with pytest.raises(InputError, match="none: the size is from 1"):
        start.buffer("none", 0)
    with pytest.raises(InputError, match="access is"):
        start.buffer("c", 8, access="x")
    with pytest.raises(InputError, match="power of two"):
        start.buffer("d", 8, align=3)
    for k, data in enumerate((bytes(9), {7: b"ab"}, {0: b"ab", 1: b"c"}, {0: Bits(7, 0)}, {0: b""}, 5, {-1: b"a"})):
        with pytest.raises(InputError, match=f"e{k}: .*data"):
            start.buffer(f"e{k}", 8, data=data)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="only where the size is a number"):
        start.buffer("g", start.symbol("n"), data=b"a")
    with pytest.raises(InputError, match="is a condition"):
        start.assume(1)  # type: ignore[arg-type]
    with pytest.raises(MemoryFault):
        buf.initial(7, 16)
    assert start.set(x1=ones(64)).x1.uint == start.set(x1=-1).x1.uint == ones(64)


def test_looking_is_bounded_too() -> None:
    start = armsym.Start()
    buf = start.buffer("buf", 8)
    (state,) = armsym.simulate(image(), "constants", state=start)
    assert (state.read(buf, 0, 64) == buf.initial(0, 64)).value is True
    for offset in (1, 8, -1):
        with pytest.raises(MemoryFault, match="outside of its 8 bytes"):
            state.read(buf, offset, 64)
    reads = len(state.reads)
    state.read(buf, 0, 8)
    assert len(state.reads) == reads, "looking is no access"


@pytest.mark.parametrize(
    "symbol", ["absolute", "total", "mixed", "swap", "forever", "unmodelled", "jump", "system", "calls_other"]
)
@pytest.mark.parametrize(
    "options", [{}, {"max_paths": 2}, {"max_steps": 7}, {"fork": "never"}, {"until": "absolute+8"}]
)
def test_all_at_once_is_step_by_step(symbol: str, options: dict[str, Any]) -> None:
    """`run` goes on without looking up between instructions; what comes of it is the same."""
    start = armsym.Start()
    start.set(x0=start.buffer("buf", 8)) if symbol in ("total", "swap") else start
    once = armsym.Simulation(image(), symbol, state=start, **{"max_steps": 200, **options})
    stepped = armsym.Simulation(image(), symbol, state=start, **{"max_steps": 200, **options})
    steps = sum(1 for _ in stepped)
    assert len(once.run()) == len(stepped.states)
    assert steps or symbol in ("jump", "calls_other")
    for a, b in zip(once.states, stepped.states, strict=True):
        assert (a.stop, a.at, a.steps) == (b.stop, b.at, b.steps)
        assert len(a.conditions) == len(b.conditions)
        assert all((p == q).value is True for p, q in zip(a.conditions, b.conditions, strict=True))
        # (Where the linker may go over code of its own, X16, X17 and the flags are new variables each time.)
        same = [n for n in range(30) if n not in (16, 17)]
        assert all((a.x[n] == b.x[n]).value is True for n in same)
        assert [(w.at, w.region, w.size) for w in a.accesses] == [(w.at, w.region, w.size) for w in b.accesses]


def test_collecting_goes_on_as_before() -> None:
    import gc

    for was in (True, False):
        (gc.enable if was else gc.disable)()
        try:
            armsym.simulate(image(), "absolute")
            with pytest.raises(RuntimeError, match="of a hook"):
                armsym.simulate(image(), "absolute", before=_failing)
            assert gc.isenabled() is was
        finally:
            gc.enable()


def _failing(state: armsym.State) -> None:
    raise RuntimeError("of a hook")
