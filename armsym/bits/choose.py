"""One of several vectors: by a condition, or by an index."""

from __future__ import annotations

from collections.abc import Sequence

from armsym.bits.value import MASK, no_vector
from armsym.bits.vector import Bits, Prop, new_bits
from armsym.errors import WidthError
from armsym.terms import ops
from armsym.terms.node import Op

__all__ = ["ite", "look_up", "select"]


def ite(cond: Prop | bool, a: Bits, b: Bits) -> Bits:
    """`a` where the condition holds, else `b`; both of one width."""
    for branch in (a, b):
        if not isinstance(branch, Bits):
            raise no_vector("each branch of ite", branch)
    if a.width != b.width:
        raise WidthError(f"the branches of ite have {a.width} bits and {b.width} bits")
    c = cond.value if isinstance(cond, Prop) else cond
    if isinstance(c, bool):
        return a if c else b
    if not isinstance(cond, Prop):
        raise WidthError(f"ite asks a condition, as in x == 0, not {type(cond).__name__} {cond!r}")
    return new_bits(a.width, ops.ite(a.width, c, a.value, b.value))


def select(index: Bits, elements: Sequence[Bits]) -> Bits:
    """The element at an index of at most 64 bits, the first being element 0; 0 past the last."""
    if not isinstance(index, Bits):
        raise no_vector("the index of select", index)
    i = index.value
    if not isinstance(elements, (list, tuple)):
        raise WidthError(f"the elements of select are bit vectors in a list, not {elements!r}")
    if isinstance(i, int) and i < len(elements):
        found = elements[i]  # the others are looked at where the index is not known: this is quick
        if not isinstance(found, Bits):
            raise no_vector("each element of select", found)
        return found
    for e in elements:
        if not isinstance(e, Bits):
            raise no_vector("each element of select", e)
    if not elements or any(e.width != elements[0].width for e in elements):
        raise WidthError(f"select needs elements of one width, not of {[e.width for e in elements]} bits")
    w = elements[0].width
    wide = index.zero_extend(64).value
    return new_bits(w, ops.select(w, wide, [e.value for e in elements]))


def look_up(table: Sequence[Bits], index: Bits, otherwise: Bits) -> Bits:
    """`table[index]` (unsigned), or `otherwise` where the table has no such entry; all of one width."""
    for what, b in (("the index of look_up", index), ("what look_up gives beyond the table", otherwise)):
        if not isinstance(b, Bits):
            raise no_vector(what, b)
    v, w = index.value, otherwise.width
    if not isinstance(table, (list, tuple)):
        raise WidthError(f"the table of look_up is bit vectors in a list, not {table!r}")
    if isinstance(v, int):
        found = table[v] if v < len(table) else otherwise
        if not isinstance(found, Bits):
            raise no_vector("each entry of look_up", found)
        if found.width != w:
            raise _uneven(table, otherwise)
        return found
    for e in table:
        if not isinstance(e, Bits):
            raise no_vector("each entry of look_up", e)
    if any(e.width != w for e in table):
        raise _uneven(table, otherwise)
    numbers = [e.value for e in table if isinstance(e.value, int)]
    if index.width <= 8 and len(numbers) == len(table):
        beyond = otherwise.value if isinstance(otherwise.value, int) else 0
        entries = at = 0
        for n in numbers if beyond == 0 else [*numbers, *[beyond] * ((1 << index.width) - len(numbers))]:
            entries |= n << at
            at += w
        found = new_bits(w, ops.table(w, index.width, v, entries))
        # (No index of that width lies beyond a table that is long enough.)
        whole = isinstance(otherwise.value, int) or len(numbers) >> index.width
        return found if whole else ite(index < len(numbers), found, otherwise)
    result = otherwise
    for k, entry in enumerate(table):
        if k <= MASK[index.width]:
            result = ite(_is(index, k), entry, result)
    return result


def _is(index: Bits, k: int) -> Prop:
    """`index == k`; where the index is an entry of a table of constants, a table of which entries are k."""
    v = index.value
    if not isinstance(v, Op) or v.kind != "table":
        return index == k
    at, entries = v.args
    assert isinstance(entries, int)
    equal = 0
    for n in range(1 << v.arg_width):
        equal |= int(entries >> n * v.width & MASK[v.width] == k) << n
    found = ops.table(1, v.arg_width, at, equal)
    return Prop(bool(found) if isinstance(found, int) else found)


def _uneven(table: Sequence[Bits], otherwise: Bits) -> WidthError:
    widths = sorted({e.width for e in (*table, otherwise)})
    return WidthError(f"a table and what it gives beyond its end have one width, not {widths} bits")
