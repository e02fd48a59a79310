"""Quotients, remainders, carries and selections in an audit: at their edges, against all small values."""

from __future__ import annotations

from itertools import product

import pytest

from armsym.audit.blocks import Blocked
from armsym.audit.bundle import Case
from armsym.audit.check import check_certificate
from armsym.audit.evaluate import evaluate, operands
from armsym.audit.facts import Facts
from armsym.audit.farkas import Form
from armsym.audit.indices import settled
from armsym.audit.inputs import Inputs
from armsym.audit.instance import Instance
from armsym.audit.raw import Program, ones
from armsym.audit.remainders import remainder
from armsym.audit.state import State
from armsym.audit.store import Area, Memory, RefusedAccess
from armsym.audit.words import Words
from armsym.certify.elaborate import elaborate
from armsym.certify.multipliers import Search

BITS = {"i": 7, "k": 6, "t": 3}


def _words() -> tuple[Words, dict[str, int]]:
    w = Words(Program())
    return w, {name: w.program.var(name, bits) for name, bits in BITS.items()}


def _same_for_all(w: Words, a: int, b: int) -> bool:
    names = list(BITS)
    inputs = product(*(range(BITS[n] + 1) for n in names))
    runs = (evaluate(w.program, {n: v & BITS[n] for n, v in zip(names, vs, strict=True)}) for vs in inputs)
    return all(values[a] == values[b] for values in runs)


@pytest.mark.parametrize("constant", [0, 1, 4, 5, 8, 12, ones(64), ones(64) - 60])
@pytest.mark.parametrize("by", [0, 1, 2, 3])
def test_quotients_and_remainders_are_what_they_are_settled_to_be(constant: int, by: int) -> None:
    """Of 8 * i + 4 * k + t + constant, whether or not it wraps: all values; and the checker shows it."""
    w, v = _words()
    a = w.add(64, w.mulc(64, v["i"], 8), w.mulc(64, v["k"], 4), v["t"], w.const(constant))
    for node in (w.shr(a, by), w.mask(a, ones(by))):
        found = settled(w, node)
        assert _same_for_all(w, node, found), (node, found)
        certificate, rest = elaborate(w.program, {}, [(node, found)])
        assert not rest
        assert not any(check_certificate(certificate))


@pytest.mark.parametrize(
    ("constant", "by", "is_settled"),
    [(0, 2, True), (1, 2, False), (3, 3, True), (6, 3, False), (0, 1, False), (ones(64) - 3, 2, False)],
)
def test_a_rest_is_settled_as_long_as_it_does_not_carry(constant: int, by: int, is_settled: bool) -> None:
    """8 * i + 4 * j + t + constant, t up to 3: below 4 it is a rest of 4; one more, and it may carry."""
    w, v = _words()
    a = w.add(64, w.mulc(64, v["i"], 8), v["t"], w.const(constant))
    assert (settled(w, w.shr(a, by)) != w.shr(a, by)) == is_settled


def test_the_product_of_an_index_may_wrap() -> None:
    """2^61 * i of three bits wraps for no i, one more bit does."""
    w, v = _words()
    fits, wraps = w.mulc(64, v["i"], 1 << 61), w.mulc(64, v["i"], 1 << 62)
    assert settled(w, w.shr(fits, 3)) != w.shr(fits, 3)
    assert settled(w, w.shr(wraps, 3)) == w.shr(wraps, 3)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        # n - 64 i from 1 to 63, to 64; from 0; n - 64 i - 64 from 0 to 63
        ([(-1, 1), (63, -1)], (0, {1: 1, 2: -64})),
        ([(-1, 1), (64, -1)], None),
        ([(0, 1), (63, -1)], (0, {1: 1, 2: -64})),
        ([(1, 1), (63, -1)], None),
        ([(-64, 1), (127, -1)], (-64, {1: 1, 2: -64})),
        ([(-65, 1), (127, -1)], (-64, {1: 1, 2: -64})),
        ([(63, -1)], None),
    ],
)
def test_a_remainder_is_told_by_facts_on_both_sides(facts: list[tuple[int, int]], expected: Form | None) -> None:
    w = Words(Program())
    n, i = w.program.var("n", ones(32)), w.program.var("i", ones(32))
    assert (n, i) == (2, 3)
    known = Facts(w, Search())
    for constant, sign in facts:
        known.add((constant, {n: sign, i: -64 * sign}))
    found = known.integer(w.mask(n, 63))
    assert found == ((0, {w.mask(n, 63): 1}) if expected is None else (expected[0], {n: 1, i: -64}))
    for mask in (0, 62, 64, 65):  # not 2^k - 1, or nothing
        assert remainder((0, {n: 1}), mask, known._facts, known.shows) is None
    assert remainder((0, {n: 1}), 127, known._facts, known.shows) is None  # 64 i is no multiple of 128


@pytest.mark.parametrize("most", [14, 15, 16])
def test_narrow_sums_are_compared_by_what_is_known_of_their_parts(most: int) -> None:
    """(a + b mod 16) + 1 is (a + b + 1) mod 16 where a + b is at most 14: at 15 it is not."""
    w = Words(Program())
    a, b = w.program.var("a", 15), w.program.var("b", 15)
    facts = Facts(w, Search())
    facts.add((most, {a: -1, b: -1}))
    one = w.const(1)
    left, right = w.add(64, w.add(4, a, b), one), w.add(4, w.add(4, a, b), one)
    assert facts.same(left, right) == (most <= 14)
    assert not facts.same(left, w.add(4, a, b))


@pytest.mark.parametrize("constant", [0, 1, 6, 7, None])
def test_a_comparison_in_a_contract_says_what_it_compares(constant: int | None) -> None:
    """The carry of a + NOT b + 1, of words of three bits: for all a and b it says a >= b, and of wider ones nothing."""
    table, w = Words(Program()), Words(Program())
    for bits, width in ((7, 3), (15, 3)):
        a = table.program.var(f"a{bits}", bits)
        b = table.program.var("b", 7) if constant is None else table.const(constant)
        total = table.add(width + 1, a, table.not_(width, b), table.const(1))
        carry = table.shr(total, width)
        made = Instance(table.program, w, w.program.var, lambda *_: 0)(carry)
        meaning = w.meaning.get(made)
        if bits == 15:
            assert meaning is None
            continue
        assert meaning is not None
        assert meaning[:2] == ("uge", 3)
        for x, y in product(range(8), range(8)):
            values = evaluate(w.program, {"a7": x, "a15": 0, "b": y})
            assert values[made] == (values[meaning[2]] >= values[meaning[3]])


def test_a_selection_is_the_element_or_0() -> None:
    w = Words(Program())
    index = w.program.var("index", 7)
    elements = [w.program.var(f"e{k}", 255) for k in range(3)]
    node = w.selected(8, index, elements)
    for k in range(8):
        inputs = {"index": k, "e0": 1, "e1": 170, "e2": 255}
        assert evaluate(w.program, inputs)[node] == (inputs[f"e{k}"] if k < 3 else 0)
    assert w.selected(8, index, []) == w.zero


@pytest.mark.parametrize(("most", "added", "apart"), [(12, 3, True), (13, 3, False), (15, 0, True), (12, 19, False)])
def test_a_number_is_added_to_the_lower_part_where_it_does_not_carry(most: int, added: int, apart: bool) -> None:
    """(16 * high XOR low) + added, low of four bits: by itself as long as low + added is at most 15."""
    w = Words(Program())
    high, low = w.program.var("high", 7), w.program.var("low", 15)
    facts = Facts(w, Search())
    facts.add((most, {low: -1}))
    value = w.program.add(64, w.xor(w.shl(high, 4), low), w.program.const(added))
    state = State.__new__(State)
    state.words, state.facts = w, facts
    found = state._parts(value)
    assert (found != value) == apart == (value in facts.beyond)
    for x, y in product(range(8), range(most + 1)):
        values = evaluate(w.program, {"high": x, "low": y})
        assert values[found] == values[value]


def _stack(depth: int, above: int) -> tuple[State, int]:
    """A state whose stack holds its offset from the lowest, plus 100, in each byte; and an index of two bits."""
    w = Words(Program())
    state = State.__new__(State)
    state.words, state.facts, state.lowest = w, Facts(w, Search()), None
    state.memory = Memory(w, {"stack": Area("stack", 8, "little")}, lambda _name, _offset: w.zero)
    state.inputs = Inputs.__new__(Inputs)
    state.inputs.case = Case(depth=depth, above=above)
    for k in range(-depth, above):
        state.memory.store("stack", (k & ones(64), {}), 1, w.const(100 + depth + k))
    return state, w.program.var("index", 3)


@pytest.mark.parametrize(
    ("low", "size", "within"), [(-16, 1, True), (-17, 1, False), (12, 1, True), (13, 1, False), (12, 2, False)]
)
def test_all_places_that_a_load_may_be_from_lie_on_the_stack(low: int, size: int, within: bool) -> None:
    """An index of 0 to 3, on a stack from -16 to 15: the first and the last place are accesses."""
    state, index = _stack(16, 16)
    offset: Form = (low & ones(64), {index: 1})
    if not within:
        with pytest.raises(RefusedAccess, match="outside"):
            state._in_stack(offset, size, store=False)
        return
    assert state._in_stack(offset, size, store=False) == ("stack", offset)
    assert state.lowest == low
    node = state._one_of(offset, size)
    for k in range(4):
        assert evaluate(state.words.program, {"index": k})[node] == 116 + low + k


@pytest.mark.parametrize("terms", [{1: ones(64)}, {1: 86}])
def test_a_load_is_from_few_places_upwards(terms: dict[int, int]) -> None:
    """Not downwards, and not from more than 256: 85 * 3 is 255."""
    state, index = _stack(16, 512)
    (factor,) = terms.values()
    with pytest.raises(RefusedAccess, match="one of 256"):
        state._in_stack((0, {index: factor}), 1, store=False)
    assert state._in_stack((0, {index: 85}), 1, store=False)[0] == "stack"
    with pytest.raises(RefusedAccess, match="no number"):
        state._in_stack((0, {index: 1}), 1, store=True)


def test_what_is_made_of_another_input_is_what_it_is_made_anew() -> None:
    """Of a program in which some is made of the input, some of what comes out equal, some of neither."""
    table, w = Words(Program()), Words(Program())
    j, other = table.program.var("block", ones(64)), table.program.var("other", 255)
    page = table.shr(j, 3)
    root = table.xor(table.mask(j, 7), table.app("f.g", (page, other), 255), table.and_(page, other))
    users: dict[int, list[int]] = {}
    for n in range(1, len(table.program)):
        for a in operands(table.program[n]):
            users.setdefault(a, []).append(n)

    def made(block: int) -> Instance:
        def variable(name: str, bits: int) -> int:
            return w.const(block) if name == "block" else w.program.var(name, bits)

        return Instance(table.program, w, variable, w.program.app)

    before = made(0)
    before(root)
    for block in (1, 7, 8, 9, 64, 3):
        after, anew = made(block), made(block)
        after.follow(before, "block", users)
        assert [after(n) for n in range(1, len(table.program))] == [anew(n) for n in range(1, len(table.program))]
        before = after


@pytest.mark.parametrize("secret", [False, True])
def test_what_a_part_of_a_blocks_number_is_put_as_is_a_claim(secret: bool) -> None:
    w, v = _words()
    blocked = Blocked.__new__(Blocked)
    blocked.words, blocked.claims, blocked._tainted = w, {}, {}
    blocked.inputs, blocked._symbols = Inputs.__new__(Inputs), {}
    blocked.inputs.secret = dict.fromkeys(BITS, secret)
    part = w.shr(w.add(64, w.mulc(64, v["i"], 8), v["t"]), 3)
    found = blocked._settled(part)
    assert (found != part) == (not secret)
    assert list(blocked.claims) == ([] if secret else [(part, found)])
    assert blocked._settled(found) == found
