"""Symbolic memory against plain bytes: random loads and stores, and everything it must refuse."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armsym.bits import Bits, Prop, concat, ite
from armsym.errors import InputError, MemoryFault
from armsym.symbolic_memory import Filled, SymbolicMemory, SymbolicRegion, variable
from armsym.symbolic_regions import LATELY
from armsym.terms import ops
from armsym.terms.evaluate import Evaluator, Substitution, free_terms
from armsym.terms.node import Term, Value, Var, new_table, ones

M64 = ones(64)
SIZE = 96  #: bytes of the region in the model
BASE, INDEX = 0x5000_0000_1000, 3  #: numbers for the base, and for the index variable


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


class Model:
    """A region of bytes under a symbolic memory, and the numbers its terms stand for."""

    def __init__(self, cell: int, order: str, seed: int) -> None:
        self.rng = random.Random(seed)
        self.data = bytearray(self.rng.randbytes(2 * SIZE))
        self.initial = bytes(self.data)
        self.cell, self.order = cell, order
        self.base = Var("buffer", 64, secret=False)
        self.index = Var("i", 64, pb=ones(16), secret=False)
        self.region = SymbolicRegion("buffer", self.base, Bits(64, 2 * SIZE), "rw", cell=cell, order=order)
        self.memory = SymbolicMemory([self.region])
        self.values: dict[Var, int] = {self.base: BASE, self.index: INDEX}

    def number(self, v: Value) -> int:
        return Evaluator(self.values, self._apply)(v)

    def _apply(self, name: str, width: int, widths: tuple[int, ...], args: tuple[int, ...]) -> int:
        assert name == "buffer[]"
        assert width == 8 * self.cell
        assert widths == (64,)
        at = args[0]
        assert at % self.cell == 0
        return int.from_bytes(self.initial[at : at + self.cell], "big" if self.order == "big" else "little")

    def fresh(self, width: int) -> Bits:
        v = Var(f"w{len(self.values)}", width)
        self.values[v] = self.rng.getrandbits(width)
        return Bits(width, v)


steps = st.lists(
    st.tuples(st.booleans(), st.sampled_from([1, 2, 4, 8, 16, 3]), st.integers(0, SIZE - 16)), min_size=1, max_size=25
)


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("cell", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("scale", [0, 16])
def test_loads_see_stores(cell: int, order: str, scale: int) -> None:
    """At base + constant, and at base + 16 * i + constant with the same i throughout."""

    @settings(max_examples=20, deadline=None)
    @given(steps, st.integers(0, 2**32))
    def check(program: list[tuple[bool, int, int]], seed: int) -> None:
        new_table()
        m = Model(cell, order, seed)
        start = Bits(64, m.base) + Bits(64, m.index) * scale if scale else Bits(64, m.base)
        for store, size, at in program:
            real = at + scale * INDEX
            if store:
                value = m.fresh(8 * size)
                m.memory.store(start + at, value)
                m.data[real : real + size] = m.number(value.value).to_bytes(size, "little")
            else:
                got = m.memory.load(start + at, size)
                assert got.width == 8 * size
                assert m.number(got.value).to_bytes(size, "little") == bytes(m.data[real : real + size])
        with m.memory.observed() as reads:
            for at in range(0, SIZE, 8):
                real, now = at + scale * INDEX, m.memory.look(start + at, 8).value
                assert m.number(now).to_bytes(8, "little") == bytes(m.data[real : real + 8])
        assert [r.constant for r in reads] == list(range(0, SIZE, 8))
        assert [(a.store, a.size, a.constant) for a in m.memory.log] == program, "every access is logged, looks are not"

    check()


def test_fork_is_independent() -> None:
    """A store on one side is not seen on the other; the log is copied."""
    m = Model(8, "little", 1)
    a = Bits(64, m.base)
    m.memory.store(a, Bits(64, 1))
    other = m.memory.fork()
    other.store(a + 4, Bits(8, 0xFF))
    assert m.memory.load(a, 8).uint == 1
    assert other.load(a, 8).uint == 0xFF_0000_0001
    assert len(m.memory.log) == 2
    assert len(other.log) == 3


@pytest.mark.parametrize("cell", [1, 4, 8])
def test_wide_loads_over_a_few_stored_bytes(cell: int) -> None:
    """What no store hit is read as one from cells, before, between and after what was stored; of any size, anywhere."""
    m = Model(cell, "little", 4)
    a = Bits(64, m.base)
    for at, size in ((5, 1), (17, 2), (32, 8), (63, 1)):
        value = m.fresh(8 * size)
        m.memory.store(a + at, value)
        m.data[at : at + size] = m.number(value.value).to_bytes(size, "little")
    for at, size in ((0, 64), (1, 63), (5, 1), (6, 11), (4, 16), (16, 8), (31, 10), (40, 23), (40, 24), (0, 96)):
        assert m.number(m.memory.load(a + at, size).value).to_bytes(size, "little") == m.data[at : at + size]


def test_what_was_stored_before_a_store_elsewhere_is_not_the_content_on_entry() -> None:
    """Bytes that the latest stores leave may have been stored before those at another symbolic offset."""
    m = Model(8, "little", 5)
    m.memory.disjoint = lambda *_: True
    a, elsewhere = Bits(64, m.base), Bits(64, m.base) + Bits(64, m.index) * 32
    for where, real, size in ((a + 8, 8, 4), (elsewhere, 32 * INDEX, 8), (a + 13, 13, 1)):
        value = m.fresh(8 * size)
        m.memory.store(where, value)
        m.data[real : real + size] = m.number(value.value).to_bytes(size, "little")
    assert m.number(m.memory.load(a, 32).value).to_bytes(32, "little") == m.data[:32]


def test_negative_and_reordered_offsets_are_the_same_place() -> None:
    """(base + i*16 + 8) - 8 is base + i*16; offsets are signed."""
    m = Model(8, "little", 2)
    a = Bits(64, m.base) + Bits(64, m.index) * 16
    m.memory.store(a + 8, Bits(64, 77))
    assert m.memory.load((Bits(64, m.index) << 4) + 24 + Bits(64, m.base) - 16, 8).uint == 77
    _, symbolic, k = m.memory.split(a - 32)
    assert symbolic is not None
    assert k == -32


# -- what may not be told is not told -----------------------------------------------------------


def _two(disjoint: Any = None) -> tuple[Model, Bits, Bits]:
    m = Model(8, "little", 3)
    m.memory.disjoint = disjoint
    j = Var("j", 64, pb=ones(16) & ~7, secret=False)
    return m, Bits(64, m.base) + Bits(64, m.index) * 8, Bits(64, m.base) + Bits(64, j)


def test_offsets_that_may_meet_are_refused() -> None:
    """A load after a store at another symbolic offset raises, also in part and also at a constant one."""
    for load_at in (1, 2):
        m, first, second = _two()
        m.memory.store(first, Bits(64, 5))
        with pytest.raises(MemoryFault, match="may or may not"):
            m.memory.load(second if load_at == 1 else Bits(64, m.base) + 8, 8)
    m, first, second = _two()
    m.memory.store(second, Bits(64, 6))
    m.memory.store(first, Bits(32, 5))
    with pytest.raises(MemoryFault, match="may or may not"):
        m.memory.load(first, 8)  # its upper half may be what was stored at the second


def test_the_newest_store_is_seen_whatever_was_before() -> None:
    """A load wholly inside the newest store needs no disjointness."""
    m, first, second = _two()
    m.memory.store(second, Bits(64, 6))
    m.memory.store(first, Bits(64, 5))
    assert m.memory.load(first, 8).uint == 5
    assert m.memory.load(first + 2, 2).uint == 0


def test_disjointness_is_asked_for_the_bytes_in_question() -> None:
    """[lo, hi) of the load and the extent of the other offset's stores."""
    asked: list[tuple[int, int, int, int]] = []

    def apart(a: Term | None, alo: int, ahi: int, b: Term | None, blo: int, bhi: int) -> bool:
        asked.append((alo, ahi, blo, bhi))
        return True

    m, first, second = _two(apart)
    m.memory.store(first + 16, Bits(64, 5))
    m.memory.store(first + 40, Bits(16, 5))
    got = m.memory.load(second + 8, 8)
    assert asked == [(8, 16, 16, 42)]
    m.values[next(v for v in _variables(got) if v.name == "j")] = 48
    assert m.number(got.value) == int.from_bytes(m.initial[56:64], "little")


def _variables(b: Bits) -> list[Var]:
    from armsym.terms.evaluate import free_terms

    return [v for v in free_terms(b.value) if isinstance(v, Var)]


@pytest.mark.parametrize("size", [1, 2, 8])
def test_a_load_at_one_of_a_few_offsets_selects_among_the_bytes_there(size: int) -> None:
    """Stores of several sizes and what was there before, at every value of the index."""
    m = Model(8, "little", 6)
    base, i = Bits(64, m.base), Var("few", 64, pb=7, secret=False)
    for at, width in ((3, 32), (8, 64), (12, 16)):
        value = m.fresh(width)
        m.memory.store(base + at, value)
        m.data[at : at + width // 8] = m.number(value.value).to_bytes(width // 8, "little")
    got = m.memory.load(base + Bits(64, i) + 5, size)
    for k in range(8):
        m.values[i] = k
        assert m.number(got.value).to_bytes(size, "little") == bytes(m.data[5 + k : 5 + k + size])


@pytest.mark.parametrize("size", [2, 4, 8])
@pytest.mark.parametrize(("possible", "first"), [(0x38, 0), (0x38, 2), (0x28, 8), (0x38, 2 * SIZE - 24)])
def test_a_load_of_an_entry_of_a_table_of_words(size: int, possible: int, first: int) -> None:
    """Offsets that are multiples of 8, up to the end of the region: stores beside the entries, across two, and none."""
    m = Model(8, "little", 8)
    base, i = Bits(64, m.base), Var("entry", 64, pb=possible, secret=False)
    for at, width in ((0, 64), (8, 64), (12, 16), (20, 64), (2 * SIZE - 8, 64), (2 * SIZE - 16, 32)):
        value = m.fresh(width)
        m.memory.store(base + at, value)
        m.data[at : at + width // 8] = m.number(value.value).to_bytes(width // 8, "little")
    got = m.memory.load(base + Bits(64, i) + first, size)
    tried = 0
    for k in range(0, 64, 8):
        if k & ~possible == 0 and first + k + size <= 2 * SIZE:
            m.values[i] = k
            assert m.number(got.value).to_bytes(size, "little") == bytes(m.data[first + k : first + k + size])
            tried += 1
    assert tried >= 3


def test_a_load_of_an_entry_past_the_end_is_refused() -> None:
    """No entry lies in the region: not even that at its end, which has a byte too few."""
    m = Model(8, "little", 9)
    base, few = Bits(64, m.base), Bits(64, Var("entry", 64, pb=0x38, secret=False))
    m.memory.store(base, Bits(64, 1))
    for first, size in ((2 * SIZE, 8), (2 * SIZE - 7, 8), (2 * SIZE - 1, 2)):
        with pytest.raises(MemoryFault, match="past its end"):
            m.memory.load(base + few + first, size)
    assert m.memory.load(base + few + (2 * SIZE - 8), 8).width == 64


def test_a_load_at_many_offsets_or_among_other_stores_is_refused() -> None:
    """Too many bytes to select from, bytes before the region, and a store at another symbolic offset."""
    m = Model(8, "little", 7)
    base = Bits(64, m.base)
    many, few, other = (Bits(64, Var(n, 64, pb=pb, secret=False)) for n, pb in (("m", 256), ("f", 7), ("o", 7)))
    m.memory.store(base, Bits(64, 1))
    assert m.memory.load(base + few, 1).width == 8
    for address in (base + many, base + few - 1):
        with pytest.raises(MemoryFault, match=r"stored to|may or may not"):
            m.memory.load(address, 1)
    m.memory.store(base + other, Bits(8, 1))
    with pytest.raises(MemoryFault, match="may or may not"):
        m.memory.load(base + few, 1)


def test_content_at_offsets_between_cells_is_refused() -> None:
    """base + i has no 8-byte cell of its own."""
    m = Model(8, "little", 4)
    with pytest.raises(MemoryFault, match="declare smaller cells"):
        m.memory.load(Bits(64, m.base) + Bits(64, m.index), 1)
    small = Model(1, "little", 4)
    assert small.number(small.memory.load(Bits(64, small.base) + Bits(64, small.index), 4).value) == int.from_bytes(
        small.initial[INDEX : INDEX + 4], "little"
    )


def test_addresses_without_a_base_are_refused() -> None:
    """A number, a value of the program, a masked base, twice a base: no region."""
    m = Model(8, "little", 5)
    base = Bits(64, m.base)
    for bad in (Bits(64, BASE), m.fresh(64), base & ~15, base * 2, base ^ Bits(64, m.index), -base):
        with pytest.raises(MemoryFault):
            m.memory.load(bad, 8)
        with pytest.raises(MemoryFault):
            m.memory.store(bad, Bits(8, 0))
    assert not m.memory.log


def test_two_bases_are_refused() -> None:
    """The sum of two pointers is in neither region; their difference added back is."""
    a, b = (SymbolicRegion(n, Var(n, 64), Bits(64, 16), "rw") for n in "ab")
    memory = SymbolicMemory([a, b])
    with pytest.raises(MemoryFault, match="two bases"):
        memory.load(a.address + b.address, 8)
    memory.store(a.address + (b.address - a.address), Bits(8, 9))
    assert memory.load(b.address, 1).uint == 9


def test_permissions() -> None:
    """What is not readable is not loaded, what is not writable is not stored to; looking is neither."""
    r, w = SymbolicRegion("r", Var("r", 64), Bits(64, 16), "r"), SymbolicRegion("w", Var("w", 64), Bits(64, 16), "w")
    memory = SymbolicMemory([r, w])
    with pytest.raises(MemoryFault, match="may not be written"):
        memory.store(r.address, Bits(8, 0))
    with pytest.raises(MemoryFault, match="may not be read"):
        memory.load(w.address, 1)
    with memory.observed() as reads:
        memory.look(w.address, 1)
    assert not memory.log
    assert [(r.region, r.symbolic, r.constant, r.size) for r in reads] == [(w, None, 0, 1)]
    with pytest.raises(InputError, match="handed to another claim"):
        memory.look(w.address, 1)


def test_parts_of_one_base() -> None:
    """Regions with a common base are told apart by the constant; between them lies nothing."""
    base = Var("image", 64, secret=False)
    parts = [SymbolicRegion(n, base, Bits(64, 8), "r", bias=at) for n, at in (("low", -8), ("high", 8))]
    memory = SymbolicMemory(parts)
    assert memory.split(Bits(64, base) - 3)[::2] == (parts[0], 5)
    assert memory.split(Bits(64, base) + 8)[::2] == (parts[1], 0)
    with pytest.raises(MemoryFault, match="in no declared region"):
        memory.load(Bits(64, base), 1)


def test_fixed_content_needs_a_fixed_offset() -> None:
    """A table of the file at a symbolic index is not guessed."""
    base, i = Var("image", 64, secret=False), Var("i", 64, secret=False)
    r = SymbolicRegion("table", base, Bits(64, 8), "r")
    r.fixed = lambda k, size: Bits.from_bytes(bytes(range(k, k + size)), "little")
    memory = SymbolicMemory([r])
    assert memory.load(Bits(64, base) + 2, 2).uint == 0x0302
    with pytest.raises(MemoryFault, match="symbolic offset"):
        memory.load(Bits(64, base) + Bits(64, i), 1)


def test_secrecy_of_content() -> None:
    """The content of a secret region is secret at public offsets, a public one's is not."""
    from armsym.terms import ops

    secret = SymbolicRegion("s", Var("s", 64, secret=False), Bits(64, 64), "r")
    public = SymbolicRegion("p", Var("p", 64, secret=False), Bits(64, 64), "r", secret=False)
    memory = SymbolicMemory([secret, public])
    assert ops.is_secret(memory.load(secret.address + 8, 8).value)
    assert not ops.is_secret(memory.load(public.address + 8, 4).value)
    assert ops.is_secret(memory.load(public.address + (Bits(64, Var("k", 64)) << 3), 8).value), "a secret index"


@pytest.mark.parametrize("seed", range(30))
def test_stores_are_found_after_an_index_became_a_number(seed: int) -> None:
    """Stores at 16 * i + k and at k, then i = INDEX: what was stored last to each byte is there."""
    m = Model(1, "little", seed)
    base, index = Bits(64, m.base), Bits(64, m.index)

    def apart(a: Term | None, alo: int, ahi: int, b: Term | None, blo: int, bhi: int) -> bool:
        a0, b0 = (0 if t is None else m.number(t) for t in (a, b))
        return a0 + ahi <= b0 + blo or b0 + bhi <= a0 + alo

    m.memory.disjoint = apart
    for _ in range(12):
        size, at = m.rng.choice([1, 4, 16]), m.rng.randrange(16 * INDEX, SIZE)
        value = m.fresh(8 * size)
        offset = index * 16 + (at - 16 * INDEX) if m.rng.random() < 0.5 else Bits(64, at)
        m.memory.store(base + offset, value + index.zero_extend(128)[8 * size - 1 : 0])
        number = m.number(value.value) + INDEX & ones(8 * size)
        m.data[at : at + size] = number.to_bytes(size, "little")
    put = Substitution({m.index: INDEX})
    m.memory.rewrite(lambda b: Bits(b.width, put(b.value)))
    for size in (1, 3, 16):
        for at in range(0, SIZE, size):
            loaded = m.memory.load(base + at, size)
            assert m.number(loaded.value) == int.from_bytes(m.data[at : at + size], "little")
            assert m.index not in free_terms(loaded.value)


def test_an_offset_that_is_not_in_blocks() -> None:
    """Content known below n blocks of 8: four bytes at d + 8 * k are as on entry only where all lie beyond."""
    n, k = (Bits(64, Var(name, 64, pb=ones(20), secret=False)) for name in "nk")
    d, j = (Bits(64, Var(name, 64, secret=False)) for name in "dj")
    r = SymbolicRegion("buffer", Var("buffer", 64, secret=False), 8 * n + d, "rw", cell=1)
    memory = SymbolicMemory([r])
    memory.beneath["buffer"] = Filled(n, 8, 8, "little", j, [j * 3])
    asked: list[Prop] = []
    for told in (None, False, True):

        def decide(c: Prop, told: bool | None = told) -> bool | None:
            asked.append(c)
            return told

        memory.decide = decide
        if told:
            first = memory.load(r.address + d + 8 * k, 4)[7:0]
            assert (first == r.initial_cell((d + 8 * k).value)).value is True
        else:
            with pytest.raises(MemoryFault, match="is not in blocks of 8 bytes"):
                memory.load(r.address + d + 8 * k, 4)
    edges = [(1, 0, 8, 1), (1, 0, 7, 0), (1, 1, 0, 1), (2, 1, 7, 0), (0, 0, 0, 1), (3, 0, 24, 1), (3, 0, 23, 0)]
    edges += [(0, 0, M64 - 3, 1), (0, 0, M64 - 2, 0), (0, 0, M64, 0)]
    for blocks, index, distance, beyond in edges:
        e = Evaluator({n.value: blocks, k.value: index, d.value: distance})  # type: ignore[dict-item]
        assert [e(c.bit.value) for c in asked] == [beyond] * 3, (blocks, index, distance)


def test_a_block_counted_from_the_end() -> None:
    """Content known below n: the block at 8 * m - 16 is block m - 2 only where m is at least 2."""
    n, k, j = (Bits(64, Var(name, 64, pb=ones(20), secret=False)) for name in "nkj")
    r = SymbolicRegion("buffer", Var("buffer", 64, secret=False), 8 * n, "rw")
    memory = SymbolicMemory([r])
    memory.beneath["buffer"] = Filled(n, 8, 8, "little", j, [j * 3])
    address = r.address + 8 * k - 16
    asked: list[Prop] = []

    def answers(*given: bool | None) -> None:
        left = list(given)
        asked.clear()

        def decide(c: Prop) -> bool | None:
            asked.append(c)
            return left.pop(0)

        memory.decide = decide

    for nothing in (None, False):
        answers(nothing)
        with pytest.raises(MemoryFault, match="may wrap around"):
            memory.load(address, 8)
    answers(True, None)
    with pytest.raises(MemoryFault, match="not known in which block"):
        memory.load(address, 8)
    answers(True, True)
    assert (memory.load(address, 8) == 3 * (k - 2)).value is True
    answers(True, False)
    assert (memory.load(address, 8) == r.initial_cell((8 * k - 16).value)).value is True
    for number in (0, 1, 2, 5):
        e = Evaluator({t: v for t, v in ((n.value, 100), (k.value, number)) if isinstance(t, Var)})
        assert (e(asked[0].bit.value), e(asked[1].bit.value)) == (number >= 2, number >= 2)


# -- what is kept of a block -----------------------------------------------------------------------


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_a_read_over_several_blocks(size: int, order: str) -> None:
    """Content known below n: a word, at a distance from n or at a symbolic offset, each block of which is below n."""
    n, k, j = (Bits(64, Var(name, 64, pb=ones(20), secret=False)) for name in "nkj")
    content = Bits(8 * size, ops.apply("block", 8 * size, [(64, j.value)]))
    r = SymbolicRegion("buffer", Var("buffer", 64, secret=False), size * n, "r", cell=1)
    memory = SymbolicMemory([r])
    memory.beneath["buffer"] = Filled(n, size, size, order, j, [content])

    def byte(m: Bits | int, q: int) -> Bits:
        word = Bits(8 * size, ops.apply("block", 8 * size, [(64, m.value if isinstance(m, Bits) else m)]))
        return (word if order == "little" else word.reverse_bytes()).elems(8)[q]

    for first, start in ((n - 9, -9 * size), (k, 0)):
        for at in (0, 1, size - 1):
            base = size * n + start if start else size * k
            blocks = -(-(at + 8) // size)
            asked: list[Prop] = []

            def decide(c: Prop, asked: list[Prop] = asked) -> bool | None:
                asked.append(c)
                return True

            memory.decide = decide
            want = concat(*(byte(first + (at + m) // size, (at + m) % size) for m in reversed(range(8))))
            assert (memory.load(r.address + base + at, 8) == want).value is True
            # The last block, too, was asked about: together the conditions hold where it is below n, at the edge too.
            last = blocks - 1
            least = 9 - at // size
            edges = [(last + 5, 4, 1), (last + 4, 4, 0), (5, 8 - last, 0)]
            if start:
                edges = [(least, 0, 1), (least - 1, 0, 0), (0, 0, 0)]
            for below, index, holds in edges:
                e = Evaluator({n.value: below, k.value: index})  # type: ignore[dict-item]
                assert all(e(c.bit.value) for c in asked) == holds, (below, index)
            for q in range(len(asked)):
                for told in (None, False):
                    answers = [True] * q + [told] + [True] * len(asked)
                    memory.decide = lambda _, answers=answers: answers.pop(0)  # type: ignore[misc]
                    if told is False and q == 0 and not start and asked:
                        continue  # all lies beyond the blocks: it is as on entry
                    with pytest.raises(MemoryFault):
                        memory.load(r.address + base + at, 8)


def test_a_block_that_a_path_read_by_its_facts_is_not_kept() -> None:
    """A condition in a block is what one path's facts say of it, and another's say the opposite."""
    j, q = (variable(name, 64, secret=False) for name in "jq")
    a, b = (Bits(64, ops.apply(name, 64, [(64, j.value)])) for name in ("a", "b"))
    f = Filled(Bits(64, 9), 8, 8, "little", j, [ite(j < 5, a, b)])
    plain = ite(q < 5, Bits(64, ops.apply("a", 64, [(64, q.value)])), Bits(64, ops.apply("b", 64, [(64, q.value)])))
    for first, last in ((1, 0), (0, 1), (None, 1), (1, None)):
        for said in (first, last):
            outer = ops.set_oracle({0: lambda _: 0, 1: lambda _: 1, None: lambda _: None}[said])
            try:
                whole, byte = f.bytes_of(q, 0, 8), f.bytes_of(q, 3, 1)
            finally:
                ops.set_oracle(outer)
            want = plain if said is None else Bits(64, ops.apply("a" if said else "b", 64, [(64, q.value)]))
            assert (whole == want).value is True
            assert (byte == want[31:24]).value is True
    assert (f.bytes_of(q, 0, 8) == plain).value is True


def test_a_read_that_stops_keeps_nothing() -> None:
    j, q = (variable(name, 64, secret=False) for name in "jq")
    a, b = (Bits(64, ops.apply(name, 64, [(64, 0)])) for name in "ab")
    f = Filled(Bits(64, 9), 8, 8, "little", j, [ite(j < 5, a, b)])

    def stop(_: Term) -> int | None:
        raise KeyError

    outer = ops.set_oracle(stop)
    try:
        with pytest.raises(KeyError):
            f.bytes_of(q, 0, 8)
    finally:
        ops.set_oracle(outer)
    assert not f._put
    assert (f.bytes_of(q, 0, 8) == ite(q < 5, a, b)).value is True


def test_few_blocks_are_kept_and_none_for_another() -> None:
    j = variable("j", 64, secret=False)
    word = Bits(64, ops.apply("a", 64, [(64, j.value)]))
    f = Filled(Bits(64, 99), 16, 8, "big", j, [word, word + j])
    for k in (*range(20), 3, 4, 3):
        a = Bits(64, ops.apply("a", 64, [(64, k)]))
        want = concat((a + k).reverse_bytes(), a.reverse_bytes())
        assert (f.bytes_of(Bits(64, k), 0, 16) == want).value is True
        assert (f.bytes_of(Bits(64, k), 7, 2) == want[71:56]).value is True
        assert len(f._put) <= LATELY
