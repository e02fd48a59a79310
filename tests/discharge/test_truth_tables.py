"""Truth tables prove what holds for all values of few bits, and nothing else."""

from __future__ import annotations

import inspect
import random
import textwrap
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from armsym.bits import Bits, Prop, concat, ite, look_up, opaque
from armsym.discharge import truth_tables
from armsym.discharge.truth_tables import LIMIT_BITS, always
from armsym.terms import ops
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Term, Value, Var, new_table

#: x^7 over GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 has no meaning here but that it is not linear.
power = opaque("truth_power", 8)(lambda b: Bits(8, pow(b.uint + 1, 7, 257) & 0xFF))
pair = opaque("truth_pair", 4)(lambda a, b: Bits(4, a.uint * 3 + b.uint * b.uint & 15))


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def _word(name: str, width: int = 8, possible: int | None = None) -> Bits:
    return Bits(width, Var(name, width, pb=possible))


def _holds(claim: Prop) -> bool:
    return always(claim.bit.value)


def _numbers(f: Callable[[int], int], count: int = 256, width: int = 8) -> list[Bits]:
    return [Bits(width, f(k)) for k in range(count)]


def _power(byte: Bits) -> Bits:
    """`power` by two look-ups: of the high nibble's table, chosen by the low nibble."""
    rows = [look_up([power(Bits(8, 16 * k + low)) for k in range(16)], byte[7:4], Bits(8, 0)) for low in range(16)]
    return look_up(rows, byte[3:0], Bits(8, 0))


ZERO = Bits(8, 0)


def test_formula_of_an_opaque_function() -> None:
    """A table-free formula is the function, at every input; and no other."""
    x = _word("x")
    assert _holds(_power(x) == power(x))
    assert _holds(_power(x ^ 0x35) == power(x ^ 0x35))
    assert not _holds(_power(x) == power(x ^ 1))
    assert not _holds(_power(x) == power(x) ^ 1)


@pytest.mark.parametrize("wrong", [0, 1, 127, 128, 255])
def test_one_wrong_entry(wrong: int) -> None:
    """A table that differs at one input, in one bit."""
    x = _word("x")
    table = [power(Bits(8, k)) for k in range(256)]
    assert _holds(look_up(table, x, ZERO) == power(x))
    table[wrong] ^= 0x10
    assert not _holds(look_up(table, x, ZERO) == power(x))


def test_sum_of_functions_of_one_byte_each() -> None:
    """A column of MixColumns: 128 bits in all, eight at a time."""
    state = [_word(f"s{k}") for k in range(16)]
    key = _word("key", 128)

    def mixed(s: Callable[[Bits], Bits]) -> Bits:
        column = [(s(state[k]) << 1) ^ s(state[(k + 5) % 16]) ^ s(state[(k + 3) % 16]).ror(3) for k in range(16)]
        return Bits.from_elems(column) ^ key

    assert _holds(mixed(_power) == mixed(power))
    assert not _holds(mixed(_power) == mixed(power) ^ (1 << 77))
    assert not _holds(mixed(_power)[126:0].zero_extend(128) == mixed(power))


def test_constants_of_the_parts_add_up() -> None:
    """Groups that are constant, but not 0: f(x) = 1 + g(x), f(y) = 1 + g(y)."""
    x, y = _word("x"), _word("y")
    f = _numbers(lambda k: k * k >> 3 & 0xFF)
    g = [e ^ 1 for e in f]

    def both(v: Bits) -> Bits:
        return look_up(f, v, ZERO) ^ look_up(g, v, ZERO)

    assert _holds(both(x) == 1)
    assert not _holds(both(x) == 0)
    assert _holds(both(x) ^ both(y) == 0)
    assert not _holds(both(x) ^ both(y) == 1)


def test_free_values() -> None:
    """Other uninterpreted functions, and the bits of one word, are independent of each other."""
    x, y = _word("x"), _word("y", 64)
    f = [Bits(8, ops.apply("content[]", 8, [(64, v)])) for v in (0, 8, y.value)]
    assert _holds(_power(f[0]) ^ _power(f[2]) == power(f[0]) ^ power(f[2]))
    assert not _holds(_power(f[0]) == power(f[1]))
    assert not _holds(f[0] == f[1])
    assert _holds(concat(*(_power(b) for b in y.elems(8))) == concat(*(power(b) for b in y.elems(8))))
    assert not _holds(concat(*(_power(b) for b in y.elems(8))) == concat(*(power(x) for _ in range(8))))


def test_known_zeros() -> None:
    """Bits that a variable cannot have are 0, not free."""
    low = _word("low", 8, possible=0x0F)
    table = _numbers(lambda k: 5 if k < 16 else k)
    assert _holds(look_up(table, low ^ 0, ZERO) == 5)
    assert not _holds(look_up(table, low ^ 0x10, ZERO) == 5)
    assert not _holds(look_up(table, _word("x"), ZERO) == 5)


def test_too_many_bits_are_left_to_others() -> None:
    """What has more free bits than the limit is not proved here, true or not."""
    for n, expected in ((LIMIT_BITS, True), (LIMIT_BITS + 2, False)):
        a, b = _word("a", n // 2), _word("b", n // 2)
        claim = ite(a < b, a, b) + ite(a < b, b, a) == a + b
        assert not claim.is_concrete
        assert _holds(claim) is expected


def _compacted(pattern: Bits, words: list[Bits]) -> list[Bits]:
    """The words whose bit in the pattern is 1, moved to the front, zeros after them: by a table of all patterns."""
    places = [[p for p in range(len(words)) if m >> p & 1] for m in range(1 << len(words))]
    rows = [[Bits(8, row[t] if t < len(row) else 255) for row in places] for t in range(len(words))]
    none = Bits(words[0].width, 0)
    return [look_up(words, look_up(row, pattern, Bits(8, 0)), none) for row in rows]


def _ranked(accepted: list[Prop], words: list[Bits]) -> list[Bits]:
    """The same by counting."""
    rank, found = Bits(4, 0), [Bits(words[0].width, 0)] * len(words)
    for p, (keep, word) in enumerate(zip(accepted, words, strict=True)):
        for t in range(p + 1):
            found[t] = ite(keep & (rank == t), word, found[t])
        rank = rank + keep.bit.zero_extend(4)
    return found


def test_comparisons_are_free_bits_where_there_are_too_many_others() -> None:
    """Words of 20 bits that are accepted or not: whatever the bound, they are moved to the front."""
    words = [_word(f"w{k}", 20) for k in range(5)]
    accepted = [w < 700_001 for w in words]
    pattern = concat(*(a.bit for a in reversed(accepted)))
    assert _holds(concat(*_compacted(pattern, words)) == concat(*_ranked(accepted, words)))
    swapped = _ranked([accepted[1], accepted[0], *accepted[2:]], words)
    assert not _holds(concat(*_compacted(pattern, words)) == concat(*swapped))


def test_what_rests_on_what_is_compared_is_not_shown_then() -> None:
    """A comparison that is a free bit may be anything: less holds, and never more."""
    a, b = _word("a", 20), _word("b", 20)
    assert not _holds(~((a < 5) & (a > 9)))
    assert not _holds((a < 5).bit == (b < 5).bit)
    assert not _holds((a < 5) | (a == 3))
    assert not _holds(ite(a < 5, b, b + 1) == b)
    # Of the same comparison it is one bit.
    assert _holds(ite(a < 5, ite(a < 5, b, b + 1), b) == b)
    # What is compared with a comparison in it is evaluated.
    assert _holds(((a < 5).bit.zero_extend(8) + (b < 9).bit.zero_extend(8)) < 3)
    assert not _holds(((a < 5).bit.zero_extend(8) + (b < 9).bit.zero_extend(8)) < 2)


def test_operations_without_a_table_are_left_to_others() -> None:
    """A product is true of its own, but this rule does not know it."""
    a, b = _word("a", 4), _word("b", 4)
    assert not _holds((a * b).udiv(a * b | 1) <= 1)


def test_deep_terms_are_left_to_others() -> None:
    """No Python recursion without end."""
    x = _word("x")
    for k in range(2000):

        def square(v: int, k: int = k) -> int:
            return v * v + k & 0xFF

        x = look_up(_numbers(square), x, ZERO)
    assert not _holds(x == x ^ 1)
    assert not _holds(x == 5)


# -- against every value, one by one ------------------------------------------------------------


def _random_bits(rng: random.Random, free: list[Bits], steps: int) -> Bits:
    """A value of four bits made of the free ones by random operations."""
    w = 4
    values = [*free, Bits(w, 5)]
    for _ in range(steps):
        a, b, c = (rng.choice(values) for _ in range(3))
        n = rng.randrange(16)
        table = [Bits(w, rng.randrange(16)) for _ in range(rng.choice([3, 16]))]
        kinds: list[Callable[[], Bits]] = [
            lambda: a ^ b,  # noqa: B023
            lambda: a & b,  # noqa: B023
            lambda: a + b,  # noqa: B023
            lambda: a * n - b,  # noqa: B023
            lambda: ite(a < b, c, a),  # noqa: B023
            lambda: ite(a.slt(b), c, b),  # noqa: B023
            lambda: ite(a == b, c, ~a),  # noqa: B023
            lambda: look_up(table, a, Bits(w, n)),  # noqa: B023
            lambda: pair(a, b),  # noqa: B023
            lambda: a.ror(n),  # noqa: B023
            lambda: (a.zero_extend(6) + b.zero_extend(6))[5:2],  # noqa: B023
            lambda: (a.sign_extend(6) ^ b.sign_extend(6))[4:1],  # noqa: B023
        ]
        values.append(rng.choice(kinds)())
    return values[-1]


def _apply(name: str, width: int, widths: tuple[int, ...], args: tuple[int, ...]) -> int:
    return pair(*map(Bits, widths, args)).uint


def _true_for_all(claim: Value, free: list[Var]) -> bool:
    for numbers in product(range(16), repeat=len(free)):
        if Evaluator(dict(zip(free, numbers, strict=True)), _apply)(claim) != 1:
            return False
    return True


def compare(seed: int, count: int) -> tuple[int, int]:
    """How many random claims were true and how many false; all were answered rightly."""
    rng = random.Random(seed)
    true = false = 0
    for _ in range(count):
        variables = [Var(name, 4) for name in "xy"]
        free = [Bits(4, v) for v in variables]
        value = _random_bits(rng, free, rng.randrange(1, 7))
        if value.is_concrete:
            continue
        # The same function by one big table: true, unless an entry is changed.
        assignments = (dict(zip(variables, n, strict=True)) for n in product(range(16), repeat=2))
        entries = [Evaluator(a, _apply)(value.value) for a in assignments]
        if rng.random() < 0.5:
            entries[rng.randrange(256)] ^= 1 << rng.randrange(4)
        claim = look_up([Bits(4, e) for e in entries], concat(*free), Bits(4, 0)) == value
        v = claim.bit.value
        expected = _true_for_all(v, variables) if isinstance(v, Term) else bool(v)
        assert always(v) is expected, claim
        true, false = true + expected, false + (not expected)
    return true, false


def test_agrees_with_trying_every_value() -> None:
    """Random claims on two words of four bits: proved exactly when each of the 256 assignments meets it."""
    true, false = compare(1, 120)
    assert true > 25
    assert false > 25


# -- planted defects ----------------------------------------------------------------------------

BUGS: dict[str, tuple[type | Any, str, str, str]] = {
    "groups that share a bit are kept apart": (truth_tables._Claim, "_bit", "if g[0] & bits:", "if g[0] == bits:"),
    "any constant will do": (truth_tables._Claim, "_bit", "return expected == 0", "return True"),
    "constants of the groups are forgotten": (truth_tables._Claim, "_bit", "expected ^= constant", "expected ^= 0"),
    "the last bit of an equation is not looked at": (
        truth_tables._Claim,
        "equals",
        "enumerate(by_bit))",
        "enumerate(by_bit[:-1]))",
    ),
    "what is not constant is 0": (truth_tables._Group, "constant", "else None", "else 0"),
    "one free bit is 0 too often": (truth_tables._Group, "__init__", "run * 2 < size:", "run * 4 < size:"),
    "index bits in the wrong order": (truth_tables._Group, "_look_up", "2 * k + b", "k + (b << len(where) - 1)"),
    "entries beyond the first are those of the first": (
        truth_tables._Group,
        "_look_up",
        "entries.get(k, 0)",
        "entries.get(0, 0)",
    ),
    "carries are lost": (truth_tables._Group, "_sum", "carry = a & b | carry & (a ^ b)", "carry = 0"),
    "the sign is compared as a number": (truth_tables._Group, "_operation", "x, y = y, x", "pass"),
    "an if-then-else takes its first branch": (
        truth_tables._Group,
        "_operation",
        "chosen & self._bit(a, p) | (self._full ^ chosen) & self._bit(b, p)",
        "self._bit(a, p)",
    ),
    "one equal bit is enough": (truth_tables._Group, "_operation", "value &= self._full", "value |= self._full"),
}


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
def test_planted_bug_is_found(bug: tuple[Any, str, str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above fail on it."""
    owner, name, old, new = bug
    source = textwrap.dedent(inspect.getsource(getattr(owner, name)))
    assert old in source, f"{name} no longer reads {old!r}: update the table of planted bugs"
    made: dict[str, Any] = {}
    code = "from __future__ import annotations\n" + source.replace(old, new)
    exec(compile(code, f"<planted in {name}>", "exec"), truth_tables.__dict__, made)
    monkeypatch.setattr(owner, name, made[name])
    with pytest.raises((AssertionError, IndexError, KeyError)):
        _everything()


def _everything() -> None:
    test_formula_of_an_opaque_function()
    test_sum_of_functions_of_one_byte_each()
    test_constants_of_the_parts_add_up()
    test_known_zeros()
    compare(1, 120)


def test_what_a_function_means_may_be_said_after_a_claim_was_looked_at() -> None:
    """What is kept of claims is kept of those alone that speak of no function."""
    x = _word("x")
    value = Bits(8, ops.apply("truth_power", 8, [(8, x.value)]))
    wanted = Bits(8, ops.table(8, 8, x.value, sum(power(Bits(8, b)).uint << 8 * b for b in range(256))))
    assert not _holds(value == wanted)
    power(x)
    assert _holds(value == wanted)


def test_a_claim_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = _word("x"), _word("y", 64)
    true, false = ((x & 3) * 2 + (x & 3) == (x & 3) * 3) & (ite(x < 5, x, y[7:0]) != y[7:0]).implies(x < 5), y < 5
    found = [_holds(true), _holds(false)]
    monkeypatch.setattr(truth_tables, "_defined_or_not", lambda _: pytest.fail("it is known"))
    assert [_holds(true), _holds(false)] == found == [True, False]
