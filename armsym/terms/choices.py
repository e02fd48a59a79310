"""Choices: if-then-else, tables and elements by a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from armsym.terms.arithmetic import add, and_, atom, lsl, sext, xor
from armsym.terms.kinds import make
from armsym.terms.linear import linear_view, make_sum
from armsym.terms.node import Poly, Sum, Term, Value, intern, ones
from armsym.terms.poly import affine_poly
from armsym.terms.rules import first, rule
from armsym.terms.slices import zext

__all__ = ["Oracle", "argument", "ite", "select", "set_oracle", "table"]

#: Asked for the truth of a one-bit term under the current path's assumptions: 0, 1 or None.
Oracle = Callable[[Term], "int | None"]

_oracle: Oracle | None = None

#: So often `ite` takes common summands out of its branches.  What is left may be read as new summands, and
#: nothing says that this ends; with what is common left inside, the term is right as well.
COMMON_ROUNDS = 4


def set_oracle(oracle: Oracle | None) -> Oracle | None:
    """Install what `ite` asks before it keeps both branches (None: nobody); returns the previous one."""
    global _oracle
    previous, _oracle = _oracle, oracle
    return previous


# -- if-then-else ---------------------------------------------------------------------------------


def ite(w: int, c: Value, a: Value, b: Value) -> Value:
    """a if c else b; c has one bit."""
    return _ite(w, c, a, b, COMMON_ROUNDS)


def _ite(w: int, c: Value, a: Value, b: Value, rounds: int) -> Value:
    if isinstance(c, int):
        return a if c else b
    if a is b or (isinstance(a, int) and isinstance(b, int) and a == b):
        return a
    c = intern(c)
    if _oracle is not None:
        known = _oracle(c)
        if known is not None:
            return a if known else b
    found: Value | None = first(CHOICE, w, c, a, b, rounds)
    # A branch itself comes out where the oracle knew only the opposite: that is an equation on its path alone.
    if type(found) is Sum and found.canon is None and found is not a and found is not b:
        found.origin = ("ite", c, a, b)
    return make("ite", w, w, (c, atom(a), atom(b))) if found is None else found


@rule("ite: negated condition", "ite(NOT c, a, b) = ite(c, b, a)", when="the condition's constant is 1")
def negated_condition(w: int, c: Term, a: Value, b: Value, rounds: int) -> Value | None:
    return _ite(w, xor(1, c, 1), b, a, rounds) if isinstance(c, Poly) and c.const else None


@rule("ite: of bits", "ite(c, a, b) = b ^ (c & (a ^ b))", when="w = 1")
def choice_of_bits(w: int, c: Term, a: Value, b: Value, rounds: int) -> Value | None:
    return xor(1, b, and_(1, c, xor(1, a, b))) if w == 1 else None


@rule("ite: numbers one bit apart", "ite(c, a, b) = b ^ (zext(c) << k)", when="a and b are numbers, a ^ b = 2**k")
def one_bit_apart(w: int, c: Term, a: Value, b: Value, rounds: int) -> Value | None:
    if not (isinstance(a, int) and isinstance(b, int)):
        return None
    d = a ^ b
    return xor(w, b, lsl(w, zext(1, c, w), d.bit_length() - 1)) if d and not d & (d - 1) else None


@rule("ite: numbers", "ite(c, a, b) = b ^ (sext(c) & (a ^ b))", when="a and b are numbers")
def choice_of_numbers(w: int, c: Term, a: Value, b: Value, rounds: int) -> Value | None:
    return xor(w, b, and_(w, sext(1, c, w), a ^ b)) if isinstance(a, int) and isinstance(b, int) else None


@rule("ite: one term", "ite(c, a, a) = a", when="the branches are one term")
def one_branch(w: int, c: Term, a: Value, b: Value, rounds: int) -> Value | None:
    x, y = atom(a), atom(b)
    return x if x is y else None


@rule(
    "ite: common summands",
    "ite(c, s + a, s + b) = s + ite(c, a, b)",
    when="a branch is a sum, they have summands in common, and rounds are left",
)
def common_summands(w: int, c: Term, a: Value, b: Value, rounds: int) -> Value | None:
    """So that a conditional carry stays linear."""
    if not rounds or not (isinstance(a, Sum) or isinstance(b, Sum)):
        return None
    split = _common(w, a, b)
    if split is None:
        return None
    shared, rest_a, rest_b = split
    return add(w, shared, _ite(w, c, rest_a, rest_b, rounds - 1))


CHOICE = (negated_condition, choice_of_bits, one_bit_apart, choice_of_numbers, one_branch, common_summands)


def _common(w: int, a: Value, b: Value) -> tuple[Value, Value, Value] | None:
    """(shared, rest of a, rest of b): the summands that both have come out of an if-then-else.

    The rests are what is left of the summands, not differences: `shared` may be read as other summands
    than those it was made of, and would then not leave a difference.
    """
    if isinstance(a, int) or isinstance(b, int):
        return None
    ta, ca = linear_view(a)
    tb, cb = linear_view(b)
    both = {t: c for t, c in ta.items() if tb.get(t) == c}
    if not both:
        return None
    rest_a = make_sum(w, {t: c for t, c in ta.items() if t not in both}, ca)
    rest_b = make_sum(w, {t: c for t, c in tb.items() if t not in both}, cb)
    return make_sum(w, both, 0), rest_a, rest_b


# -- tables ---------------------------------------------------------------------------------------


def table(w: int, n: int, index: Value, entries: int) -> Value:
    """Entry `index` (n bits) of a constant table: bits index * w and up of `entries`, 0 beyond its end."""
    if isinstance(index, int):
        return entries >> index * w & ones(w)
    assert n <= 16, "a table of that size is not to be written out"
    index = intern(index)
    entries &= ones(w << index.pb.bit_length())  # the rest cannot be reached
    found = affine_table.apply(w, n, index, entries)
    return make("table", w, n, (index, entries)) if found is None else found


@rule(
    "table: an affine map",
    "entries[i] = entries[0] ^ columns of the bits of i",
    when="that holds of each i that has only possible bits of the index",
)
def affine_table(w: int, n: int, index: Term, entries: int) -> Value | None:
    columns = _columns(w, index.pb, entries)
    return None if columns is None else affine_poly(w, index, columns, entries & ones(w))


@lru_cache(maxsize=4096)
def _columns(w: int, possible: int, entries: int) -> list[tuple[int, int]] | None:
    """If entry i is entry 0 XOR a column for each bit of i, for all possible i: the columns, as (bit, column)."""
    first, columns = entries & ones(w), []
    known = {0: 0}
    for k in range(possible.bit_length()):
        if not possible >> k & 1:
            continue
        column = entries >> (w << k) & ones(w) ^ first
        columns.append((k, column))
        for i, total in list(known.items()):
            known[i | 1 << k] = total ^ column
            if entries >> (i | 1 << k) * w & ones(w) != total ^ column ^ first:
                return None
    return columns


# -- elements -------------------------------------------------------------------------------------


def select(w: int, index: Value, elements: Sequence[Value]) -> Value:
    """Element `index` of some values of w bits, 0 past the last; the index has 64 bits."""
    index = argument(64, index)
    if isinstance(index, int):
        return elements[index] if index < len(elements) else 0
    # What the index cannot reach plays no part: the same bytes of a larger buffer are the same value.
    return make("select", w, w, (index, *(atom(e) for e in elements[: index.pb + 1])))


def argument(w: int, v: Value) -> Value:
    """Arguments are offsets more often than not: a shifted sum is read as a sum."""
    if isinstance(v, Poly):
        terms, const = linear_view(v)
        v = make_sum(w, terms, const)
    return atom(v)
