"""What a contract ensures of results, as values of their bytes: what is put in their places after a call.

An equation tells of bytes where one of its sides is made of whole bytes of registers and cells on return, side by
side, and the other of the state at the call alone, or likewise of results: bytes that are equal are one unknown.  What
is no such equation tells nothing, which is less.  What a contract says of integers speaks of the results as the call
has left them.
"""

from __future__ import annotations

from typing import TypeAlias

from armsym.audit.arrivals import on_return
from armsym.audit.bundle import Ensured
from armsym.audit.evaluate import operands
from armsym.audit.instance import Instance, RefusedValue
from armsym.audit.raw import Program, ones
from armsym.audit.site import Site
from armsym.audit.store import Byte

__all__ = ["Assigned", "Outcome", "assigned"]

#: By place ("x0", "v0", "REGION+") and number of the byte: the byte.
Assigned: TypeAlias = "dict[tuple[str, int], Byte]"
#: Bits `low` .. `low + width - 1` of a result, which are those from `at` on of a word.
Piece: TypeAlias = "tuple[int, int, int, int]"


def _is_result(table: Program, node: int) -> bool:
    i = table[node]
    return bool(i[0] == "Var" and i[1].endswith("_out")) or bool(i[0] == "App" and i[1].startswith("after."))


def _of_results(table: Program, node: int) -> bool:
    """Whether a node is made of any result."""
    seen: set[int] = set()
    todo = [node]
    while todo:
        n = todo.pop()
        if n not in seen:
            if _is_result(table, n):
                return True
            seen.add(n)
            todo += operands(table[n])
    return False


def _pieces(table: Program, node: int) -> list[Piece] | None:
    """(result, low, width, at) of which a word is made, side by side, all else of it 0; None where it is not."""
    i = table[node]
    if _is_result(table, node):
        return [(node, 0, int(i[-1]).bit_length(), 0)]
    match i[0]:
        case "Const":
            return None if i[1] else []
        case "Xor":
            a, b = _pieces(table, i[1]), _pieces(table, i[2])
            if a is None or b is None or any(_meet(p, q) for p in a for q in b):
                return None
            return a + b
        case "Shl":
            inner = _pieces(table, i[1])
            return None if inner is None else [(n, low, width, at + i[2]) for n, low, width, at in inner]
        case "Shr":
            inner = _pieces(table, i[1])
            return None if inner is None else [q for p in inner if (q := _cut(p, i[2], p[3] + p[2], -i[2]))]
        case "Mask":
            inner = _pieces(table, i[1])
            if inner is None:
                return None
            return [q for p in inner for low, high in _runs(i[2]) if (q := _cut(p, low, high, 0))]
    return None


def _meet(p: Piece, q: Piece) -> bool:
    return p[3] < q[3] + q[2] and q[3] < p[3] + p[2]


def _cut(p: Piece, low: int, high: int, moved: int) -> Piece | None:
    """What of a piece stands at bits low .. high - 1, moved by so many."""
    node, first, width, at = p
    start, end = max(at, low), min(at + width, high)
    return (node, first + start - at, end - start, start + moved) if start < end else None


def _runs(mask: int) -> list[tuple[int, int]]:
    """The runs of ones, as (first, one past the last)."""
    found, at = [], 0
    while mask >> at:
        low = at + ((mask >> at) & -(mask >> at)).bit_length() - 1
        rest = mask >> low
        high = low + (~rest & (rest + 1)).bit_length() - 1
        found.append((low, high))
        at = high
    return found


def assigned(site: Site) -> Assigned:
    """What the contract tells of results of a call, in terms of the state there."""
    told: Assigned = {}
    table, words = site.case.table, site.words
    for e in site.case.ensures:
        for side, other in ((e.left, e.right), (e.right, e.left)):
            if _of_results(table, other):
                continue
            for node, low, width, at in _pieces(table, side) or ():
                if low % 8 or width < 8:
                    continue
                whole = site.made(other)
                value = words.bits(whole, at, width)
                if at == 0 and words.reach(whole) <= ones(width):
                    value = whole
                for j in range(width // 8):
                    where = _byte(site, node, low // 8 + j)
                    if where is not None:
                        told.setdefault(where, (value, j))
    for e in site.case.ensures:
        _tell_equal(site, e, told)
    return told


def _tell_equal(site: Site, e: Ensured, told: Assigned) -> None:
    """Of results that are equal, what is told of one of them of the other, too; else both are one unknown."""
    left, right = (_bytes_of(site, side) for side in (e.left, e.right))
    unknown: dict[int, int] = {}
    for at in sorted(left.keys() & right.keys()):
        a, b = left[at], right[at]
        known = told.get(a) or told.get(b)
        if known is None:
            word = at // 8
            if word not in unknown:
                unknown[word] = site.fresh("equal", ones(64))
            known = unknown[word], at % 8
        told.setdefault(a, known)
        told.setdefault(b, known)


def _bytes_of(site: Site, side: int) -> dict[int, tuple[str, int]]:
    """By the byte of a word: which byte of which result stands there, as a whole."""
    found: dict[int, tuple[str, int]] = {}
    for node, low, width, at in _pieces(site.case.table, side) or ():
        for j in range(width // 8 if low % 8 == at % 8 == 0 else 0):
            where = _byte(site, node, low // 8 + j)
            if where is not None:
                found[at // 8 + j] = where
    return found


class Outcome:
    """What a contract's nodes are after a call: results as the state has them now, all else as it was at the call."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.made = Instance(site.case.table, site.words, self._input, self._application)

    def _input(self, name: str, possible: int) -> int:
        if name.endswith("_out"):
            return on_return(self._site.state, name, possible)
        return self._site.input(name, possible)

    def _application(self, name: str, arguments: tuple[int, ...], possible: int) -> int:
        kind, _, region = name.partition(".")
        if kind != "after":
            return self._site.application(name, arguments, possible)
        p = self._site.places.get(region)
        if p is None or len(arguments) != 1 or possible != ones(8 * p.region.cell):
            raise RefusedValue(f"{self._site.symbol}: {name} is no content of a region on return")
        return self._site.cell_after(p, self._site.facts.linear(arguments[0]))


def _byte(site: Site, node: int, k: int) -> tuple[str, int] | None:
    """Which byte of a place byte k of a result is; None for what no call changes."""
    i = site.case.table[node]
    if i[0] == "Var":
        return i[1].removesuffix("_out"), k
    region = i[1].removeprefix("after.")
    if region not in site.case.modifies or len(i[2]) != 1:
        return None
    r, offset = site.case.regions[region], site.words.constant(site.made(i[2][0]))
    # (That it lies in the region was shown where the contract was audited: there it was read.)
    return None if offset is None else (f"{region}+", offset + (r.cell - 1 - k if r.order == "big" else k))
