"""What a loop changes: after forgetting, all that it may write is unknown or as guessed; nothing else is touched."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
from rooms import EDGES, machine, path, public, region, secret, var

from armsym.bits import Bits, Prop
from armsym.errors import BudgetError
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory, ConcreteRegion
from armsym.proof.assume import Assumptions
from armsym.proof.havoc import (
    Havoc,
    LoopGuess,
    guess_loops,
    havoc,
    written_by,
    written_everywhere,
    wrote_beyond,
)
from armsym.proof.locations import FLAGS, REGISTERS, SP, Cell, Flag, Place, V, Whole, X
from armsym.proof.path import Path, memory_of
from armsym.symbolic_memory import SymbolicRegion
from armsym.terms.evaluate import free_terms
from armsym.terms.node import App, Var, ones

M64 = ones(64)
R, S = "r", "other"


@dataclass
class Snapshot:
    """All values of a machine, by place."""

    values: dict[Place | str, Bits]

    @staticmethod
    def of(m: Machine, *regions: SymbolicRegion) -> Snapshot:
        values: dict[Place | str, Bits] = {X(n): r for n, r in enumerate(m.x)}
        values |= {SP: m.sp, "pc": m.pc, "dit": m.dit}
        values |= {V(n): r for n, r in enumerate(m.v)}
        values |= {Flag(c): getattr(m.nzcv, c).bit for c in "NZCV"}
        for r in regions:
            for k in range(0, 64, r.cell):
                values[Cell(r.name, k)] = memory_of(m).peek(r, None, k, r.cell)
        return Snapshot(values)

    def differ(self, other: Snapshot) -> set[Place | str]:
        """The places whose values are not the same terms."""
        return {w for w, v in self.values.items() if (v == other.values[w]).value is not True}


def _head() -> tuple[Machine, SymbolicRegion, SymbolicRegion]:
    r, s = region(R, 64), region(S, 64, cell=4)
    m = machine(r, s)
    memory_of(m).store(r.address + 8, m.x[3])
    return m, r, s


PLACES: list[Place] = [X(0), X(30), SP, V(0), V(31), Cell(R, 0), Cell(R, 8), Cell(R, 56), Cell(S, 4), Flag("C")]


@pytest.mark.parametrize("writes", [[], *([w] for w in PLACES), PLACES], ids=str)
def test_what_is_written_is_unknown_and_nothing_else_changes(writes: list[Place]) -> None:
    m, r, s = _head()
    before = Snapshot.of(m, r, s)
    flags = m.nzcv.bits
    fork = m.fork()
    h = havoc(m, LoopGuess(set(writes)), public("i"))
    after = Snapshot.of(m, r, s)
    assert before.differ(after) == set(writes)
    known = {t.id for v in [*before.values.values(), flags] for t in free_terms(v.value)}
    fresh: set[int] = set()
    for where in writes:
        got = after.values[where]
        v = var(got)
        assert got.width == before.values[where].width
        assert v.secret
        assert v.id not in known | fresh, "two unknowns are one, or not new"
        fresh.add(v.id)
        assert h.unknowns[v.id] == where
        assert h.base[where].value is before.values[where].value
    assert set(h.unknowns) == fresh
    assert Snapshot.of(fork, r, s).differ(before) == set(), "another machine is touched"
    assert (fork.nzcv.bits == flags).value is True


def test_all_of_a_region() -> None:
    """No byte is what it was, each time under another name; the region beside it is untouched."""
    m, r, s = _head()
    before = Snapshot.of(m, r, s)
    seen = []
    for _ in range(2):
        h = havoc(m, LoopGuess({Whole(R)}), public("i"))
        after = Snapshot.of(m, r, s)
        assert before.differ(after) == {Cell(R, k) for k in range(0, 64, 8)}
        assert not h.base
        assert not h.unknowns
        content = after.values[Cell(R, 8)].value
        assert isinstance(content, App)
        assert content.secret
        seen.append(after)
        j = public("j", possible=0xFFF8)
        value = memory_of(m).peek(r, var(j), 0, 8).value
        assert isinstance(value, App)
        assert value.name == content.name
    assert seen[0].differ(seen[1]) == {Cell(R, k) for k in range(0, 64, 8)}
    # A public region may hold a secret once something was stored to it.
    r.secret = False
    havoc(m, LoopGuess({Whole(R)}), public("i"))
    content = memory_of(m).peek(r, None, 0, 8).value
    assert isinstance(content, App)
    assert content.secret


@pytest.mark.parametrize("stride", EDGES)
@pytest.mark.parametrize("where", [X(5), SP, Cell(R, 8)])
def test_a_stride(where: Place, stride: int) -> None:
    """The value on entry and i times the stride, modulo 2^64; at i = 0 just that value."""
    for index in (Bits(64, 0), Bits(64, 1), Bits(64, M64), public("i")):
        m, r, s = _head()
        before = Snapshot.of(m, r, s).values[where]
        h = havoc(m, LoopGuess({where}, {where: stride}), index)
        got = Snapshot.of(m, r, s).values[where]
        assert (got == before + index * Bits(64, stride)).value is True
        assert (h.expected(where, index) == got).value is True
        assert not h.unknowns
    m, r, s = _head()
    before = Snapshot.of(m, r, s).values[where]
    havoc(m, LoopGuess({where}, {where: stride}), Bits(64, 0))
    assert (Snapshot.of(m, r, s).values[where] == before).value is True


def test_restored_vectors_and_halves() -> None:
    m, _, _ = _head()
    was = m.v[:]
    guess = LoopGuess({V(1), V(2), V(3)}, {V(1): 0}, {V(2)})
    h = havoc(m, guess, public("i"))
    assert m.v[1].value is was[1].value
    assert (m.v[2][63:0] == was[2][63:0]).value is True
    high = {t for t in free_terms(m.v[2][127:64].value) if isinstance(t, Var)}
    assert len(high) == 1
    assert was[2].value not in high
    assert {h.unknowns[t.id] for t in high} == {V(2)}
    assert was[3].value not in free_terms(m.v[3].value)
    guess.writes.add(X(9))
    assert X(9) in h.guess.writes, "the guess is shared, as `settle` takes it"


# -- guesses ------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 2, 3, 5, 8, 1 << 62])
@pytest.mark.parametrize("stride", [*EDGES, 3, 5, 15, M64 - 2, M64 - 4, 1 << 62])
def test_per(stride: int, step: int) -> None:
    """A stride of one unit of the index is kept where `step` of them are the stride, as signed numbers."""
    where: Place = X(0)
    guess = LoopGuess({where}, {where: stride})
    got = guess.per(step).strides
    signed = stride - (1 << 64) if stride >> 63 else stride
    if signed % step:
        assert where not in got
    else:
        assert got[where] * step & M64 == stride
    assert guess.strides == {where: stride}
    assert guess.per(step).writes == {where}


def test_with_writes() -> None:
    """What is new may well be restored; all of a region takes the place of its parts; the guess itself stays."""
    guess = LoopGuess({X(0), Cell(R, 8)}, {X(0): 4, Cell(R, 8): 1}, {V(1)})
    more = guess.with_writes({X(1), Cell(S, 0)})
    assert more.writes == {X(0), X(1), Cell(R, 8), Cell(S, 0)}
    assert more.strides == {X(0): 4, Cell(R, 8): 1, X(1): 0, Cell(S, 0): 0}
    assert more.halves == {V(1)}
    whole = more.with_writes({Whole(R)})
    assert whole.writes == {X(0), X(1), Cell(S, 0), Whole(R)}
    assert whole.strides == {X(0): 4, X(1): 0, Cell(S, 0): 0}
    both = guess.with_writes({Whole(R), Cell(R, 16)})
    assert Cell(R, 16) not in both.writes
    assert both.strides == {X(0): 4}
    assert guess == LoopGuess({X(0), Cell(R, 8)}, {X(0): 4, Cell(R, 8): 1}, {V(1)})
    assert guess.with_writes(set()) == guess


def test_after_another_case() -> None:
    """What the other case found of a location stands; what only this one knows of comes with its stride."""
    earlier = LoopGuess({X(0), X(1)}, {X(0): 8})
    got = LoopGuess({X(0), X(1), X(2), X(3)}, {X(0): 1, X(1): 1, X(2): 5}).after(earlier)
    assert got.writes == {X(n) for n in range(4)}
    assert got.strides == {X(0): 8, X(2): 5, X(3): 0}
    assert earlier.strides == {X(0): 8}


# -- what a path wrote --------------------------------------------------------------------------


@pytest.mark.parametrize("cell", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("size", [1, 3, 4, 8, 16, 32])
def test_cells_written(cell: int, size: int) -> None:
    """The cells that have one of the bytes stored, counted byte by byte; also before the region's beginning."""
    for at in (0, 1, cell - 1, cell, 15, 16, 17, -1, -8):
        r = region(R, 64, cell=cell)
        p = path(machine(r))
        p.memory.store(r.address + at, secret("w", 8 * size))
        assert written_by(p) == {Cell(R, k - k % cell) for k in range(at, at + size)}


def test_registers_written_and_stores_at_any_offset() -> None:
    r, s = region(R, 64), region(S, 64)
    p = path(machine(r, s))
    m = p.machine
    p.memory.load(r.address, 8)
    assert written_by(p) == set()
    m.write_x(0, Bits(64, 0))
    m.write_x(30, Bits(32, 0))
    m.write_x(31, Bits(64, 0))
    assert written_by(p) == {X(0), X(30)}, "the zero register is none"
    m.write_x(31, m.sp, sp=True)
    m.write_v(31, Bits(128, 0))
    m.write_v(0, Bits(8, 0))
    p.memory.store(s.address + (public("i") << 3), Bits(8, 0))
    assert written_by(p) == {X(0), X(30), SP, V(0), V(31), Whole(S)}
    m.written_x = m.written_v = 0
    p.memory.clear_notes()
    assert written_by(p) == set()


def test_everything_ever_stored() -> None:
    """All registers, and the cells at known offsets, whether or not a loop cleared the log."""
    r, s = region(R, 64, cell=4), region(S, 64)
    p = path(machine(r, s))
    assert written_everywhere(p) == {*REGISTERS, *FLAGS}
    assert len(REGISTERS) == 64
    p.memory.store(r.address + 6, Bits(32, 0))
    p.memory.clear_notes()
    p.memory.disjoint = lambda *_: True
    p.memory.store(s.address + (public("i") << 3), Bits(64, 0))
    assert written_everywhere(p) - REGISTERS - FLAGS == {Cell(R, 4), Cell(R, 8)}


def _iteration(guess: LoopGuess) -> tuple[Path, Havoc, Machine, SymbolicRegion]:
    """A path at the beginning of an iteration explored from a guess."""
    m, r, _ = _head()
    h = havoc(m, guess, public("i"))
    p = path(m)
    p.memory.clear_notes()
    m.written_x = m.written_v = 0
    return p, h, m.fork(), r


def test_wrote_no_more() -> None:
    p, h, head, r = _iteration(LoopGuess({X(0), Cell(R, 0)}))
    assert wrote_beyond(p, h, set(), head, 1) is None
    p.machine.write_x(0, Bits(64, 0))
    p.memory.store(r.address + 4, Bits(32, 0))
    assert wrote_beyond(p, h, {X(0)}, head, 1) is None
    p.memory.store(r.address + 5, Bits(32, 0))  # one byte into the next cell
    got = wrote_beyond(p, h, set(), head, 1)
    assert got is not None
    assert got.writes == {X(0), Cell(R, 0), Cell(R, 8)}
    assert h.guess.writes == {X(0), Cell(R, 0)}


def test_wrote_more_in_an_inner_loop() -> None:
    """What came earlier in the iteration counts as well."""
    p, h, head, _ = _iteration(LoopGuess())
    got = wrote_beyond(p, h, {V(7), Cell(S, 4)}, head, 1)
    assert got is not None
    assert got.writes == {V(7), Cell(S, 4)}


def test_all_of_a_region_needs_no_more_of_it() -> None:
    p, h, head, r = _iteration(LoopGuess({Whole(R)}))
    p.memory.store(r.address, Bits(64, 0))
    p.memory.disjoint = lambda *_: True
    p.memory.store(r.address + (public("k") << 3), Bits(64, 0))
    assert wrote_beyond(p, h, {Cell(R, 8)}, head, 1) is None
    got = wrote_beyond(p, h, {Cell(S, 4)}, head, 1)
    assert got is not None
    assert got.writes == {Whole(R), Cell(S, 4)}


@pytest.mark.parametrize(
    ("change", "step", "stride"), [(8, 1, 8), (8, 2, 4), (7, 2, None), (-16, 4, M64 - 3), (0, 3, 0)]
)
def test_a_change_by_a_constant_gets_its_stride(change: int, step: int, stride: int | None) -> None:
    p, h, head, r = _iteration(LoopGuess())
    m = p.machine
    m.write_x(1, m.x[1] + change)
    m.write_x(2, m.x[3])
    p.memory.store(r.address + 16, memory_of(m).peek(r, None, 16, 8) + change)
    got = wrote_beyond(p, h, set(), head, step)
    assert got is not None
    assert got.writes == {X(1), X(2), Cell(R, 16)}
    assert got.strides == ({} if stride is None else {X(1): stride, Cell(R, 16): stride})


def test_vectors_have_no_stride_but_0() -> None:
    p, h, head, _ = _iteration(LoopGuess())
    m = p.machine
    m.write_v(1, m.v[1])
    m.write_v(2, m.v[2] + 1)
    m.write_v(3, m.v[3] ^ (1 << 64))
    got = wrote_beyond(p, h, set(), head, 1)
    assert got is not None
    assert got.strides == {V(1): 0}
    assert got.halves == {V(3)}


def test_dit_in_a_loop_is_refused() -> None:
    p, h, head, _ = _iteration(LoopGuess({X(0)}))
    p.machine.dit = Bits(1, 1)
    with pytest.raises(BudgetError, match=r"PSTATE\.DIT"):
        wrote_beyond(p, h, set(), head, 1)


# -- guesses that the back edge does not bear out -------------------------------------------------

X0 = X(0)


def _arrival(stride: int, value: Bits | None, *facts: Prop) -> tuple[LoopGuess | None, Bits, Bits]:
    i, m = public("i"), machine()
    before = m.x[0] = public("cursor")
    h = havoc(m, LoopGuess({X0}, {X0: stride}), i)
    m.x[0] = before + (i + 1) * Bits(64, stride) if value is None else value
    return h.wrong_candidates(path(m, *facts), i + 1, 1), before, i


@pytest.mark.parametrize("stride", EDGES)
def test_a_guess_that_holds(stride: int) -> None:
    assert _arrival(stride, None)[0] is None


@pytest.mark.parametrize("stride", EDGES)
def test_a_guess_that_does_not_hold(stride: int) -> None:
    """One more than it should be, or something else; what was tried for being restored gets the stride it has."""
    for value in (secret("w"), Bits(64, 3)):
        got, _, _ = _arrival(stride, value)
        assert got is not None
        assert got.strides == {}
        assert got.writes == {X0}
    i, m = public("i"), machine()
    before = m.x[0]
    h = havoc(m, LoopGuess({X0}, {X0: stride}), i)
    m.x[0] = before + (i + 1) * Bits(64, stride) + 1
    got = h.wrong_candidates(path(m), i + 1, 1)
    assert got is not None
    assert got.strides == ({X0: 1} if stride == 0 else {})


def test_a_guess_that_holds_where_the_facts_hold() -> None:
    """A cursor that wraps to its start is restored only where a fact says that it does."""
    n, m = public("n"), machine()
    before = m.x[0] = public("cursor")
    h = havoc(m, LoopGuess({X0}, {X0: 0}), public("i"))
    m.x[0] = before + n
    assert h.wrong_candidates(path(m, n == 0), Bits(64, 1), 1) is None
    for facts in ([n <= 1], [], [n == 1]):
        got = h.wrong_candidates(path(m, *facts), Bits(64, 1), 1)
        assert got is not None
        assert not got.strides


def test_secrets_are_not_decided() -> None:
    m, s = machine(), secret("s")
    h = havoc(m, LoopGuess({X0}, {X0: 0}), public("i"))
    m.x[0] = m.x[0] + s
    got = h.wrong_candidates(path(m, s == 0), Bits(64, 1), 1)
    assert got is not None
    assert not got.strides


def test_halves() -> None:
    """A vector that is not restored may be in its low half; of one that is not in that either, nothing is guessed."""
    m = machine()
    places = [V(1), V(2), V(3), V(4)]
    h = havoc(m, LoopGuess(set(places), {V(1): 0, V(2): 0}, {V(3), V(4)}), public("i"))
    m.v[1] ^= 1 << 64
    m.v[3] ^= 1 << 64
    m.v[4] ^= 1 << 63
    got = h.wrong_candidates(path(m), Bits(64, 1), 1)
    assert got is not None
    assert got.strides == {V(2): 0}
    assert got.halves == {V(1), V(3)}


def test_what_a_claim_says_otherwise_is_not_inferred() -> None:
    m, k = machine(), secret("k")
    before = m.x[0]
    h = havoc(m, LoopGuess({X0, X(1)}, {X0: 8}), public("i"))
    got = h.stated(m, m.x[0] == k)
    assert got is not None
    assert got.strides == {}
    assert h.stated(m, k == m.x[0]) is not None
    assert h.stated(m, m.x[1] == k) is None
    assert h.stated(m, before == k) is None
    assert h.stated(m, Prop(True)) is None
    assert h.guess.strides == {X0: 8}


# -- what claims say of the unknowns --------------------------------------------------------------


def test_settle() -> None:
    """Solved unknowns are their values in registers, memory and flags; others, and strides of them, stay."""
    m, r, _ = _head()
    k = secret("k")
    guess = LoopGuess({X(0), X(1), X(2), V(0), Cell(R, 8), Cell(R, 16), *FLAGS})
    h = havoc(m, guess, public("i"))
    kept = m.x[2]
    a = Assumptions(set(h.unknowns))
    assert a.add(m.x[0] == k + 1)
    assert a.add(m.v[0][63:0] == m.x[1])
    assert a.add(memory_of(m).peek(r, None, 8, 8) == m.x[1])
    assert a.add(m.nzcv.Z.bit == k[0:0])
    free = var(m.x[1])
    h.settle(m, a)
    assert (m.x[0] == k + 1).value is True
    assert m.x[2].value is kept.value
    assert (m.v[0][63:0] == m.x[1]).value is True
    assert free in free_terms(m.x[1].value)
    assert (memory_of(m).peek(r, None, 8, 8) == m.x[1]).value is True
    assert (m.nzcv.Z.bit == k[0:0]).value is True
    assert isinstance(m.nzcv.N.value, Var)


def test_transfer() -> None:
    """At a cut: what the claims name is written as they call it, in the values computed; all else stays."""
    m, k = machine(), secret("k")
    shadow = m.fork()
    h = havoc(shadow, LoopGuess({w for w in REGISTERS if w != SP}), Bits(64, 0))
    a = Assumptions(set(h.unknowns))
    m.x[0], m.v[3] = m.x[7] * 3, m.v[3] + 1
    was = Snapshot.of(m)
    assert a.add(shadow.x[0] == k)
    assert a.add(shadow.x[1] == shadow.x[2] + 5)
    assert a.add(shadow.v[1][63:0] == k)
    h.transfer(shadow, m, a, {V(3), V(4)})
    now = Snapshot.of(m)
    assert was.differ(now) == {X(0), X(1), V(1), V(3), V(4)}
    assert (m.x[0] == k).value is True
    assert (m.x[1] == was.values[X(2)] + 5).value is True
    assert (m.v[1][63:0] == k).value is True
    assert (m.v[1][127:64] == was.values[V(1)][127:64]).value is True, "no claim names it"
    for n in (3, 4):
        assert h.unknowns[var(m.v[n]).id] == V(n)
    assert m.nzcv.bits.value is not None


def test_transfer_of_what_rests_on_something_dropped() -> None:
    """A value said by one that is dropped is said by an unknown, not by what it was."""
    m = machine()
    shadow = m.fork()
    h = havoc(shadow, LoopGuess(set(REGISTERS)), Bits(64, 0))
    a = Assumptions(set(h.unknowns))
    assert a.add(shadow.x[1] == shadow.v[3][63:0])
    old = m.v[3]
    h.transfer(shadow, m, a, {V(3)})
    assert (m.x[1] == m.v[3][63:0]).value is True
    assert var(old) not in free_terms(m.x[1].value)


# -- guesses from runs ----------------------------------------------------------------------------


def _arrivals(values: list[dict[str, int]]) -> list[Machine]:
    """Machines at a head: x1, x2, v1 and a word of memory as given; x1, x2 and v1, v2 were written."""
    machines = []
    for at in values:
        data = bytearray(16)
        data[8:] = at["word"].to_bytes(8, "little")
        m = Machine(
            x=[Bits(64, 0)] * 31,
            sp=Bits(64, 0),
            v=[Bits(128, 0)] * 32,
            nzcv=NZCV.of(*[Prop(False)] * 4),
            pc=Bits(64, 0),
            memory=ConcreteMemory([ConcreteRegion(R, 0x1000, data, "rw")]),
        )
        m.x[1], m.x[2], m.v[1] = Bits(64, at["x1"] & M64), Bits(64, at["x2"]), Bits(128, at["v1"])
        m.written_x, m.written_v = 6, 6
        machines.append(m)
    return machines


def test_guesses_from_runs() -> None:
    """x1 goes down by 8 in both runs, x2 by different amounts; v1 changes, v2 does not; the word goes up by 1."""
    one = _arrivals([{"x1": 16 - 8 * k, "x2": k * k, "v1": k, "word": k} for k in range(5)])
    two = _arrivals([{"x1": 100 - 8 * k, "x2": 5, "v1": 0, "word": 7 + k} for k in range(2)])
    single = _arrivals([{"x1": 1, "x2": 2, "v1": 3, "word": 4}])
    got = guess_loops([{4: [one], 8: [single, single]}, {4: [single, two], 8: [single]}], {R: 8})
    assert set(got) == {4}, "of a head met once a run nothing is guessed"
    assert got[4].writes == {X(1), X(2), V(1), V(2), Cell(R, 8)}
    assert got[4].strides == {X(1): M64 - 7, V(2): 0, Cell(R, 8): 1}
    assert guess_loops([{4: [one]}], {})[4].writes == {X(1), X(2), V(1), V(2)}
    assert guess_loops([], {R: 8}) == {}
    steps = [b.x[1].uint - a.x[1].uint & M64 for a, b in pairwise(one)]
    assert set(steps) == {got[4].strides[X(1)]}
