"""Ordered filters: what is said of their terms is so; and what a buffer of the stack holds, store by store."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from rooms import engine, public

from armsym.bits import Bits, Prop, concat, look_up
from armsym.dsl import Filter, Proof, Region, State, Words
from armsym.errors import MemoryFault
from armsym.proof.buffers import assume_pointwise, pointwise_conditions
from armsym.proof.context import Context
from armsym.proof.handles import Local, Pointwise
from armsym.proof.path import Knowledge, Path
from armsym.proof.state import handed
from armsym.proof.symbolic import SymbolicProof
from armsym.symbolic_memory import SymbolicMemory, SymbolicRegion, variable
from armsym.terms.evaluate import Evaluator, free_terms
from armsym.terms.node import Term, Value, Var
from specs import fips203_bytes, fips204_bytes


def candidates(b: Words) -> list[tuple[Prop, Bits]]:
    """Three of 4 bits from a byte: each half where it is below 9, and both together where they are one."""
    high, low = b[0][7:4], b[0][3:0]
    return [(low < 9, low), (high < 9, high), (low == high, low ^ high ^ 5)]


def on_numbers(byte: int) -> list[int]:
    high, low = byte >> 4, byte & 15
    return [x for keep, x in ((low < 9, low), (high < 9, high), (low == high, 5)) if keep]


class Meant:
    """What the terms of a filter over bytes stand for, where the bytes are these."""

    def __init__(self, data: bytes, numbers: dict[str, int]) -> None:
        self.data, self.numbers = data, numbers
        self.value = Evaluator(lambda v: numbers[v.name], self.apply)

    def kept(self, blocks: int) -> list[int]:
        return [x for b in self.data[:blocks] for x in on_numbers(b)]

    def apply(self, name: str, width: int, widths: tuple[int, ...], args: tuple[int, ...]) -> int:
        i = args[0]
        byte = self.data[i] if i < len(self.data) else 0
        if name == "buf[]":
            return byte
        if name == "A#.0":
            return len(self.kept(i))
        if name == "A[]":
            found = self.kept(i)
            return found[args[1]] if args[1] < len(found) else 0
        if name == "A.size":
            return len(on_numbers(byte))
        if name == "A.pattern[]":
            high, low = byte >> 4, byte & 15
            return (low < 9) | (high < 9) << 1 | (low == high) << 2
        assert name.startswith("A.kept.")
        t = int(name.removeprefix("A.kept."))
        return ([*on_numbers(byte), 0, 0, 0])[t]


def setting(*, group: int = 3) -> tuple[SymbolicProof, Filter, Bits]:
    found: list[tuple[Filter, Bits]] = []

    def fn(p: Proof) -> None:
        n = p.nat("n", high=8)
        buf = p.region("buf", n, access="r", cell=1, public=True)
        p.call(x0=buf)
        found.append(
            (p.filter(lambda b: candidates(b)[:group], width=4, over=buf.blocks(words=1, width=8), name="A"), n)
        )
        p.ensures(lambda s: {"x0": s.x0 == s.x0})

    return engine("ret", fn).p, *found[0]


AT, K = public("i", possible=7), public("k", possible=31)


def values(A: Filter, n: Bits) -> list[Bits]:
    at = [K, Bits(64, 0), Bits(64, 3), A(AT).count, A(AT + 1).count - 1]
    found = [A(b)[k] for b in (AT, AT + 1, AT + 3, n, Bits(64, 2)) for k in at]
    found += [A(b).count for b in (AT, AT + 2, n, Bits(64, 3))]
    for b in (AT, AT + 1, n, Bits(64, 1)):
        block = A.block(b)
        found += [block.count, block.pattern, *block.words]
    return found


def test_what_is_said_of_the_terms_of_a_filter_is_so() -> None:
    p, A, n = setting()
    path = Path(p.start(), Knowledge(p.facts), 0, p.folds_on_entry)
    with p.under(Context(path, (AT,))):
        said = values(A, n)
        notes = path.knowledge.facts[len(p.facts) :]
        facts = [f for v in said for f in A.facts(v.value, said[0].value, said[6].value)]
        facts += [f for v in said for f in A.facts(p.unfolded(A, v.value))]
        unfolded = [p.unfolded(A, v.value) for v in said]
        expanded = [A.expanded(v) for v in unfolded]
        change = A.counted_anew(*[p.unfolded(A, A(AT + 3)[K].value), A(AT + 2)[K].value])
    assert len(notes) > 4
    assert len(facts) > 100
    rng = random.Random(7)
    seen: set[int] = set()
    for _ in range(150):
        data = bytes(rng.choice([0, 0x99, 0x11, 0x1A, 0xA1, 0xAA, 0xF8, rng.randrange(256)]) for _ in range(12))
        i = rng.randrange(8)
        m = Meant(data, {"i": i, "k": rng.randrange(32), "n": rng.randrange(9)})
        for v, u, e in zip(said, unfolded, expanded, strict=True):
            assert m.value(v.value) == m.value(u) == m.value(e)
            seen.add(m.value(v.value))
        for f in (*facts, *notes):
            assert m.value(f) == 1
    assert len(seen) > 8
    # The change of variables is one: of the old value of what it changes, the new one has the value it had.
    assert change is not None
    (new,) = {t for t in free_terms(change(A(AT).count.value)) if isinstance(t, Var) and t.name == "count"}
    m = Meant(bytes(12), {"i": 2, "k": 0, "n": 3, "count": 0})
    m.numbers[new.name] = m.value(A(AT + 2).count.value)
    assert m.value(change(A(AT).count.value)) == m.value(A(AT).count.value)


def test_of_few_candidates_a_path_knows_the_definition() -> None:
    p, A, _ = setting(group=2)
    path = Path(p.start(), Knowledge(p.facts), 0, p.folds_on_entry)
    with p.under(Context(path, (AT,))):
        block = A.block(AT)
        (low, _), (high, _) = candidates(Words([Bits(8, variable_of(p))]))[:2]
        assert path.knowledge.prove((low & high).implies(block.count == 2).bit.value, 2000).holds
        assert not path.knowledge.prove(low.implies(block.count == 2).bit.value, 2000).holds


def variable_of(p: SymbolicProof) -> Value:
    """The byte at AT on entry."""
    region = next(r for r in p.declared_regions if r.name == "buf")
    return region.initial_cell(AT.value).value


def test_counts_of_more_blocks_than_are_counted_say_nothing() -> None:
    """Beyond 2**56 blocks a count might wrap: no fact speaks of it."""
    _, A, _ = setting()
    i, j = public("i"), public("j")
    a, b = variable("a", 64, secret=False), variable("b", 64, secret=False)
    for fact in A.order_facts(i, a, j, b):
        for x, y in ((0, (1 << 56) + 1), (1 << 58, 1 << 59), ((1 << 56) + 1, 1 << 57)):
            for first, second in ((x, y), (y, x)):
                numbers = {"i": first, "j": second, "a": 9 if first < second else 1, "b": 1 if first < second else 9}
                assert Evaluator(lambda v, n=numbers: n[v.name])(fact) == 1  # type: ignore[misc]
        inside = {"i": 3, "j": 1 << 56, "a": 9, "b": 1}
        turned = {"i": 1 << 56, "j": 3, "a": 1, "b": 9}
    assert 0 in [Evaluator(lambda v: inside[v.name])(f) for f in A.order_facts(i, a, j, b)]
    assert 0 in [Evaluator(lambda v: turned[v.name])(f) for f in A.order_facts(i, a, j, b)]


def test_the_filters_of_the_samplers_are_the_standards() -> None:
    """FIPS 203, algorithm 7; FIPS 204, algorithms 30 and 31: on numbers, the bound among the candidates."""
    from crypto_examples.aws_lc import samplers

    rng = random.Random(3)
    data = rng.randbytes(24 * 14) + bytes([0x01, 0xDD, 0xD0]) * 4 + bytes([0x01, 0xE0, 0x7F, 0x00, 0xE0, 0xFF]) * 2
    data += bytes([0x00, 0xD0, 0xD0, 0xFF, 0xFF, 0xFF]) * 4
    data = data[: len(data) // 24 * 24]

    def all_of(candidates: samplers.Candidates, each: int) -> list[int]:
        found: list[int] = []
        for k in range(0, len(data), each):
            block = Words(Bits(8, b) for b in data[k : k + each])
            found += [x.uint for keep, x in candidates(block) if keep.value is True]
        return found

    threes = [data[k : k + 3] for k in range(0, len(data), 3)]
    ones = [data[k : k + 1] for k in range(len(data))]
    assert all_of(samplers._below(3329, 12, 16, 12), 12)[:256] == fips203_bytes.accepted(threes)
    found = all_of(samplers._below(8380417, 23, 32, 24), 12)
    assert found == fips204_bytes.accepted(threes, len(found) + 1)
    for eta, bound in ((2, 15), (4, 9)):
        halves = all_of(samplers._below(bound, 4, 16, 4), 4)
        found = [2 - z % 5 if eta == 2 else 4 - z for z in halves]
        assert found == fips204_bytes.accepted_half_bytes(ones, eta, len(found) + 1)


# -- a buffer on the stack --------------------------------------------------------------------------

N = 16


class Stack:
    """A buffer of N halfwords on the stack, the content of which is known to be 3 j + 1."""

    def __init__(self, *facts: Prop) -> None:
        found: list[Local] = []

        def fn(p: Proof) -> None:
            p.call(x0=p.word("a"))
            p.modifies(p.stack(64))
            found.append(p.local(2 * N, below=48))
            p.ensures(lambda s: {"x0": s.x0 == s.x0})

        self.p = engine("ret", fn).p
        self.local = found[0]
        self.path = Path(self.p.start(), Knowledge([f.bit.value for f in facts]), 0, self.p.folds_on_entry)
        self.memory = self.path.memory
        self.region = next(r for r in self.memory.regions if r.name == "stack")
        self.memory.forget(self.region, "stack'")
        assume_pointwise(self.memory, self.claim(Bits(16, 0)))

    def claim(self, more: Bits, upto: int = N) -> Pointwise:
        block = lambda j: [(j * 3 + 1)[15:0] + more]  # noqa: E731
        return self.local.holds(block, upto=upto, at=State(self.path.machine), words=1, width=16)

    def store(self, offset: Bits, words: Sequence[Bits]) -> None:
        self.memory.store(self.region.address + 16 + offset, concat(*reversed(words)))


@pytest.mark.parametrize("seed", range(12))
def test_a_buffer_is_read_through_the_stores_at_any_block(seed: int) -> None:
    rng = random.Random(seed)
    places = {f"c{k}": variable(f"c{k}", 64, secret=False, possible=15) for k in range(3)}
    stack = Stack(*(c < N - 4 for c in places.values()))
    stores: list[tuple[str | None, int, list[int]]] = []
    for _ in range(rng.randrange(1, 5)):
        name = rng.choice([*places, None])
        shift, count = rng.randrange(0, 2), rng.choice([1, 2, 4])
        words = [rng.randrange(1 << 16) for _ in range(count)] if rng.randrange(4) else [7] * count
        base = places[name] if name is not None else Bits(64, 0)
        stack.store(base * 2 + 2 * shift, [Bits(16, w) for w in words])
        stores.append((name, shift, words))
    got = pointwise_conditions(stack.memory, stack.claim(Bits(16, 0)))
    assert not isinstance(got, str), got
    sides = got[-1][1].sides
    for _ in range(60):
        numbers = {name: rng.randrange(N - 4) for name in places}
        content = [3 * j + 1 for j in range(N)]
        for name, shift, words in stores:
            at = (numbers[name] if name is not None else 0) + shift
            content[at : at + len(words)] = words
        for j in range(N):
            evaluate = Evaluator(lambda v, j=j, n=numbers: j if v.name == "j" else n[v.name])  # type: ignore[misc]
            if sides is None:
                assert got[-1][1].value is True
                assert content[j] == 3 * j + 1
                continue
            assert evaluate(sides[0].value) == content[j]
            assert evaluate(got[-1][1].bit.value) == (content[j] == 3 * j + 1)


def test_stores_that_are_not_of_whole_blocks_are_not_looked_through() -> None:
    c = variable("c", 64, secret=False, possible=7)
    stack = Stack()
    stack.store(c, [Bits(16, 1)])
    assert "not of whole blocks" in str(pointwise_conditions(stack.memory, stack.claim(Bits(16, 0))))
    stack = Stack()
    stack.store(c * 2 + 1, [Bits(16, 1)])
    assert "not of a whole block" in str(pointwise_conditions(stack.memory, stack.claim(Bits(16, 0))))
    wide = variable("wide", 64, secret=False)
    stack = Stack()
    stack.store(wide * 2, [Bits(16, 1)])
    assert "may wrap around" in str(pointwise_conditions(stack.memory, stack.claim(Bits(16, 0))))


def test_more_blocks_than_are_known_are_not_claimed() -> None:
    stack = Stack()
    assert "are claimed where" in str(pointwise_conditions(stack.memory, stack.claim(Bits(16, 0), N + 1)))
    assert pointwise_conditions(stack.memory, stack.claim(Bits(16, 0), N + 1))[0] != "the blocks lie in the region"
    assert not isinstance(pointwise_conditions(stack.memory, stack.claim(Bits(16, 0), N)), str)


def test_loads_of_several_blocks_and_of_what_lies_around_them() -> None:
    stack = Stack()
    base = stack.region.address + 16
    with stack.memory.observed():
        four = stack.memory.look(base + 4, 8)
        assert four.uint == sum((3 * j + 1) << 16 * (j - 2) for j in range(2, 6))
        before, after = stack.memory.look(base - 8, 8), stack.memory.look(base + 2 * N, 8)
        assert not before.is_concrete
        assert not after.is_concrete
        for offset in (-4, 2 * N - 4):
            with pytest.raises(MemoryFault, match="partly"):
                stack.memory.look(base + offset, 8)


# -- tables ------------------------------------------------------------------------------------------


def test_a_look_up_by_an_entry_of_a_table() -> None:
    rng = random.Random(5)
    index, words = variable("m", 4, secret=True), [variable(f"w{k}", 8, secret=True) for k in range(6)]
    table = [Bits(8, rng.choice([0, 1, 2, 3, 5, 6, 255])) for _ in range(16)]
    got = look_up(words, look_up(table, index, Bits(8, 0)), Bits(8, 77))
    for m in range(16):
        numbers = {"m": m, **{f"w{k}": 10 + k for k in range(6)}}
        at = table[m].uint
        assert Evaluator(lambda v, n=numbers: n[v.name])(got.value) == (10 + at if at < 6 else 77)  # type: ignore[misc]


def _file(content: bytes) -> tuple[SymbolicMemory, SymbolicRegion]:
    base = variable("image", 64, secret=False).value
    assert isinstance(base, Term)
    region = SymbolicRegion("image", base, Bits(64, len(content)), "r", secret=False)
    region.fixed = lambda k, size: Bits.from_bytes(content[k : k + size], "little")
    return SymbolicMemory([region]), region


def test_an_entry_of_a_table_of_the_file() -> None:
    content = random.Random(9).randbytes(1024)
    memory, region = _file(content)
    bits = [variable(f"b{k}", 1, secret=True) for k in range(4)]
    index = concat(*reversed(bits)).zero_extend(64)
    one_by_one = sum((b.zero_extend(64) << k + 2 for k, b in enumerate(bits)), Bits(64, 0))
    for offset in (index << 2, one_by_one):
        got = memory.load(region.address + 40 + offset, 4)
        for m in range(16):
            value = Evaluator(lambda v, m=m: m >> int(v.name[1:]) & 1)(got.value)  # type: ignore[misc]
            assert value == int.from_bytes(content[40 + 4 * m : 44 + 4 * m], "little")
    many = variable("many", 64, secret=False, possible=511)
    with pytest.raises(MemoryFault, match="symbolic offset"):
        memory.load(region.address + many, 1)
    apart = variable("apart", 64, secret=False, possible=0b101)
    got = memory.load(region.address + apart, 1)
    for m in (0, 1, 4, 5):
        assert Evaluator(lambda v, m=m: m)(got.value) == content[m]  # type: ignore[misc]


def test_a_region_is_no_buffer_of_the_stack() -> None:
    """A buffer's claims are about the stack; a state is handed to them as to others."""
    stack = Stack()
    with handed(stack.path.machine) as s:
        claim = stack.local.holds(lambda j: [Bits(16, 1)], upto=4, at=s, words=1, width=16)
    assert isinstance(claim.region, Region)
    assert claim.region.name == "stack"
    assert claim.partial
