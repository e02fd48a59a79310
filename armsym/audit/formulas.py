"""Relations of integers in words: sums of products of nodes, the words of a region put together where all are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod

from armsym.audit.bundle import Case, Relation
from armsym.audit.raw import ones

__all__ = ["formula", "wholes"]

#: A product of nodes, sorted; a group of words stands for itself by its name.
Product = tuple[int | str, ...]

#: So many products of words are multiplied out to see that a sum is one of whole numbers; else it is written in words.
MOST_PRODUCTS = 1 << 18


def _cells(case: Case) -> dict[str, list[tuple[int, int]]]:
    """By content that relations speak of, "R" or "R on return": (offset, node) of its cells at known offsets."""
    found: dict[str, dict[int, int]] = {}
    for r in (*case.known, *case.relations):
        for n in (n for _, nodes in r.terms for n in nodes):
            i = case.table[n]
            if i[0] != "App" or len(i[2]) != 1 or case.table[i[2][0]][0] != "Const":
                continue
            before, _, region = i[1].partition(".")
            if before in ("mem", "after") and region in case.regions and i[3] == ones(8 * case.regions[region].cell):
                name = region + (" on return" if before == "after" else "")
                found.setdefault(name, {})[int(case.table[i[2][0]][1])] = n
    return {name: sorted(cells.items()) for name, cells in found.items()}


def _groups(case: Case) -> dict[str, list[int]]:
    """By name: the cells of a region one after the other, that make one number, the first its lowest part."""
    groups: dict[str, list[int]] = {}
    for name, cells in _cells(case).items():
        region = case.regions[name.removesuffix(" on return")]
        first = cells[0][0]
        if len(cells) > 1 and [at for at, _ in cells] == [first + region.cell * k for k in range(len(cells))]:
            end = first + region.cell * len(cells)
            groups[f"{region.name}[{first}:{end}]{name.removeprefix(region.name)}"] = [n for _, n in cells]
    return groups


def wholes(case: Case) -> Iterator[str]:
    """What the names of numbers of several words mean."""
    for name, nodes in _groups(case).items():
        cell = case.regions[name.partition("[")[0]].cell
        words = f"{len(nodes)} words of {8 * cell} bits, the first is the lowest"
        yield f"{name}, where integers are spoken of: its {words}"


def _whole(case: Case, r: Relation) -> dict[Product, int]:
    """The sum with whole numbers in it, if it is one; else as it is."""
    plain: dict[Product, int] = {}
    for factor, nodes in r.terms:
        key: Product = tuple(sorted(nodes))
        plain[key] = plain.get(key, 0) + factor
    plain = {key: k for key, k in plain.items() if k}
    groups = _groups(case)
    first = {nodes[0]: name for name, nodes in groups.items()}
    others = {n for nodes in groups.values() for n in nodes[1:]}
    short = {
        tuple(sorted((first.get(n, n) if isinstance(n, int) else n for n in key), key=str)): k
        for key, k in plain.items()
        if others.isdisjoint(key)
    }
    if sum(prod(len(groups[n]) for n in key if isinstance(n, str)) for key in short) > MOST_PRODUCTS:
        return plain
    spread: dict[Product, int] = {}
    for key, k in short.items():
        parts: list[tuple[Product, int]] = [((), k)]
        for n in key:
            words: list[int] = groups[n] if isinstance(n, str) else [n]
            bits = 8 * case.regions[n.partition("[")[0]].cell if isinstance(n, str) else 0
            parts = [((*p, m), c << bits * at) for p, c in parts for at, m in enumerate(words)]
        for product, c in parts:
            spread_key: Product = tuple(sorted(product, key=int))
            spread[spread_key] = spread.get(spread_key, 0) + c
    return short if {key: k for key, k in spread.items() if k} == plain else plain


def formula(case: Case, r: Relation, expression: Callable[[int], str]) -> str:
    """The relation as people write it; `expression` writes a node."""
    terms = _whole(case, r)

    def product(key: Product) -> str:
        return " * ".join(n if isinstance(n, str) else expression(n) for n in key)

    def text(of: dict[Product, int]) -> str:
        out = ""
        for key, k in of.items():
            size = "" if abs(k) == 1 and key else _number(abs(k))
            body = " * ".join(part for part in (size, product(key)) if part)
            out += (" - " if k < 0 else " + ") + body
        return out.removeprefix(" + ").strip() or "0"

    if r.modulus:
        return f"{text(terms)} is a multiple of {_number(r.modulus)}"
    constant = terms.pop((), 0)
    low, high = (None if v is None else v - constant for v in (r.low, r.high))
    if terms and all(k < 0 for k in terms.values()):
        terms, low, high = {key: -k for key, k in terms.items()}, *(None if v is None else -v for v in (high, low))
    body = text(terms)
    if low is not None and low == high:
        return f"{body} = {_signed(low)}"
    lower = "" if low is None else f"{_signed(low)} <= "
    return f"{lower}{body}" + ("" if high is None else f" <= {_signed(high)}")


def _signed(n: int) -> str:
    return ("-" if n < 0 else "") + _number(abs(n))


def _number(n: int) -> str:
    if n < 10_000:
        return str(n)
    return f"2^{n.bit_length() - 1}" if not n & n - 1 else hex(n)
