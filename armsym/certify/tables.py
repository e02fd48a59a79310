"""Claims that hold by all values of a few bits: look-ups against arithmetic, look-ups against other look-ups.

Both sides are cut into lanes of 8 bits, and the terms in which a lane differs into groups that share no input bit.  A
group's left side is its right side XOR a constant, which the checker evaluates; the constants cancel.  A word of few
bits that is made of many counts as an input itself, where something is a function of it alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping

from armsym.audit.columns import columns
from armsym.audit.forms import Mono, Sum, reach
from armsym.audit.functions import definition
from armsym.audit.hints import Hint
from armsym.audit.raw import Instruction, ones
from armsym.audit.rules import MOST_FREE_BITS
from armsym.certify.cones import operands
from armsym.certify.views import Views, poly_key

__all__ = ["after", "build", "equal_by_tables", "put_together"]

Terms = Mapping[Mono, int]
Support = dict[int, int]

_LANE = 8
_TRIES = 24
_MOST_TERMS = 256


def equal_by_tables(views: Views, process: Callable[[int], None], i: int, j: int) -> bool:
    """Tries to make i's poly j's by evaluations; whether that was done.  May raise RefusedError and KeyError.

    `process` gives a new instruction, of whose operands forms are known, a form.
    """
    p, q = views.poly(i), views.poly(j)
    left = {m: k ^ q[1].get(m, 0) for m, k in p[1].items() if k != q[1].get(m, 0)}
    right = {m: k ^ p[1].get(m, 0) for m, k in q[1].items() if k != p[1].get(m, 0)}
    # A term on both sides with other masks is one term, of the left side.
    right = {m: k for m, k in right.items() if m not in left}
    width = max(reach(p), reach(q)).bit_length()
    supports: dict[int, Support] = {}
    pieces: list[Hint] = []
    constant = p[0] ^ q[0]
    for low in range(0, width, _LANE):
        lane = ones(_LANE) << low
        here = _within(left, lane), _within(right, lane)
        if len(here[0]) + len(here[1]) > _MOST_TERMS:
            return False
        for x, y in _groups(views, *here, supports):
            piece = _piece(views, process, x, y, supports)
            if piece is None:
                return False
            constant ^= piece[1]
            pieces.append(piece[0])
    if constant or not pieces:
        return False
    put_together(views, i, pieces, max(width, 1))
    return views.checker.same(i, j)


def _within(terms: Terms, lane: int) -> dict[Mono, int]:
    return {mono: kept for mono, mask in terms.items() if (kept := mask & lane)}


def _is_small(views: Views, x: Instruction) -> bool:
    """Whether x may depend on few bits only, seen from outside."""
    match x:
        case ("App", name, _, _):
            return definition(name) is not None
        case ("Add", width, _, _):
            return bool(width <= MOST_FREE_BITS)
        case ("Mulc", width, a, _):
            return bool(width <= MOST_FREE_BITS or views.checker.bits(a) == 1)
    return False


def _narrow(views: Views, a: int) -> int:
    """The bits of a word, if there are few and it is more than one term; else 0."""
    p = views.poly(a)
    return reach(p) if len(p[1]) > 1 and reach(p).bit_length() <= MOST_FREE_BITS else 0


def _wholes(views: Views, words: Iterable[int]) -> Support:
    """Instructions of their own for words of few bits in all; nothing where there are others."""
    bits = [(a, _narrow(views, a)) for a in words]
    if not all(k for _, k in bits) or sum(k.bit_count() for _, k in bits) > MOST_FREE_BITS:
        return {}
    return {_whole(views, a, k): k for a, k in bits}


def _whole(views: Views, a: int, bits: int) -> int:
    made = views.program.mask(a, bits)
    if made not in views.checker.poly:
        views.hint("poly", made)
    return views.wholes.setdefault(poly_key(views.poly(made)), made)


def _is_sum(x: Instruction) -> bool:
    return x[0] in ("Add", "Mulc")


def _sum(views: Views, atom: int) -> Sum:
    """What a sum atom stands for; without terms, where that is nothing else."""
    holder = views.natural.get(atom, (atom, 0))[0]
    found = views.checker.sum.get(holder, (0, 0, {}))
    return (0, 0, {}) if atom in found[2] else found


def _inner(views: Views, atom: int, supports: dict[int, Support]) -> Support | None:
    """What an atom depends on that is looked through: a known function, sum or multiple of few bits; else None."""
    known = supports.get(atom)
    if known is None:
        known = supports[atom] = {}
        x = views.program[atom]
        if _is_small(views, x):
            for a in operands(x):
                _join(known, _support(views, views.poly(a)[1], supports, MOST_FREE_BITS))
            if _count(known) > MOST_FREE_BITS:
                known.clear()
                words = operands(x) if len(operands(x)) == 1 else ()
                known |= _wholes(views, words)
        elif _is_sum(x):
            known |= _wholes(views, _sum(views, atom)[2])
    return known or None


def _count(support: Support) -> int:
    return sum(bits.bit_count() for bits in support.values())


def _support(views: Views, terms: Terms, supports: dict[int, Support], most: int = 0) -> Support:
    """Which bits of which atoms the terms depend on; of more than `most`, if that is given, more than so many."""
    out: Support = {}
    for mono, mask in terms.items():
        if most and _count(out) > most:
            break
        for atom, shift in mono:
            inner = _inner(views, atom, supports)
            if inner is None:
                used = (mask << shift if shift >= 0 else mask >> -shift) & (views.checker.bits(atom) or 0)
                inner = {atom: used}
            _join(out, inner)
    return out


def _join(into: Support, more: Support) -> None:
    for atom, bits in more.items():
        into[atom] = into.get(atom, 0) | bits


def _groups(
    views: Views, left: Terms, right: Terms, supports: dict[int, Support]
) -> list[tuple[dict[Mono, int], dict[Mono, int]]]:
    """The terms by what they depend on."""
    groups: dict[int, tuple[Support, tuple[dict[Mono, int], dict[Mono, int]]]] = {}
    count = 0
    depending: dict[int, set[int]] = {}  # atom -> the groups that depend on it
    for side, terms in ((0, left), (1, right)):
        for mono, mask in terms.items():
            support = _support(views, {mono: mask}, supports)
            merged: tuple[dict[Mono, int], dict[Mono, int]] = ({}, {})
            merged[side][mono] = mask
            met = {g for atom, bits in support.items() for g in depending.get(atom, ()) if groups[g][0][atom] & bits}
            for g in sorted(met):
                other, members = groups.pop(g)
                for atom in other:
                    depending[atom].discard(g)
                _join(support, other)
                merged[0].update(members[0])
                merged[1].update(members[1])
            count += 1
            groups[count] = support, merged
            for atom in support:
                depending.setdefault(atom, set()).add(count)
    return [members for _, members in groups.values()]


def _piece(
    views: Views, process: Callable[[int], None], x: Terms, y: Terms, supports: dict[int, Support]
) -> tuple[Hint, int] | None:
    """The evaluation that shows x's terms to be y's XOR a constant, and the constant; None where they are not."""
    support = _support(views, x, supports)
    _join(support, _support(views, y, supports))
    support = {atom: bits for atom, bits in support.items() if bits}
    if _count(support) > MOST_FREE_BITS:
        return None
    program = views.program
    cut = {atom: program.mask(atom, b) if b != views.checker.bits(atom) else atom for atom, b in support.items()}
    built: dict[int, int] = {}
    a, b = (build(views, side, cut, built) for side in (x, y))
    nodes = list(cut.values())
    order = after(views, nodes, (a, b))
    for i in sorted({*nodes, *order}):
        process(i)
    values = columns(program.instructions, {n: [0] for n in nodes}, order)
    constant = values[a][0] ^ values[b][0]
    wanted = b
    if constant:
        number = program.const(constant)
        wanted = program.xor(b, number)
        process(number)
        process(wanted)
        order = [number, *order, wanted]
    # Most that is false is false for one of these; the checker then tries all.
    rnd = random.Random(0)
    for _ in range(_TRIES):
        tried = {n: [rnd.choice((0, -1, rnd.getrandbits(128))) & (views.checker.bits(n) or 0)] for n in nodes}
        values = columns(program.instructions, tried, order)
        if values[a] != values[wanted]:
            return None
    return ("evaluate", a, wanted, tuple(nodes), tuple(order)), constant


def build(views: Views, terms: Terms, cut: Mapping[int, int], built: dict[int, int]) -> int:
    """An instruction for the XOR of the terms, made of the cut's instructions; raises KeyError of an atom apart."""
    program = views.program
    out = None
    for mono, mask in terms.items():
        product = None
        for atom, shift in mono:
            x = _atom(views, atom, cut, built)
            x = program.shr(x, shift) if shift > 0 else program.shl(x, -shift) if shift else x
            product = x if product is None else program.and_(product, x)
        assert product is not None, "a term without atoms"
        product = program.mask(product, mask)
        out = product if out is None else program.xor(out, product)
    return program.const(0) if out is None else out


def _of_wholes(views: Views, atom: int, cut: Mapping[int, int]) -> int | None:
    """A sum of words of few bits, all of which are in the cut."""
    width, constant, terms = _sum(views, atom)
    out = views.program.const(constant)
    for a, k in terms.items():
        word = views.wholes.get(poly_key(views.poly(a)))
        if word is None or word not in cut:
            return None
        out = views.program.add(width, out, views.program.mulc(width, cut[word], k))
    return out if terms else None


def _atom(views: Views, atom: int, cut: Mapping[int, int], built: dict[int, int]) -> int:
    if atom in cut:
        return cut[atom]
    if atom not in built:
        x = views.program[atom]
        whole = _of_wholes(views, atom, cut) if _is_sum(x) else None
        if whole is not None:
            built[atom] = whole
            return whole
        inner = []
        for a in operands(x):
            constant, terms = views.poly(a)
            word = views.wholes.get(poly_key((constant, terms)))
            if word is not None and word in cut:
                inner.append(cut[word])
                continue
            made = build(views, terms, cut, built)
            inner.append(views.program.xor(made, views.program.const(constant)) if constant else made)
        match x:
            case ("App", name, _, bits):
                built[atom] = views.program.app(name, inner, bits)
            case ("Add", width, _, _):
                built[atom] = views.program.add(width, inner[0], inner[1])
            case ("Mulc", width, _, factor):
                built[atom] = views.program.mulc(width, inner[0], factor)
            case _:
                raise KeyError(atom)
    return built[atom]


def after(views: Views, cut: Iterable[int], roots: Iterable[int]) -> list[int]:
    """What the roots are made of from the cut on, in order."""
    seen, work = set(cut), list(roots)
    known = set(seen)
    while work:
        i = work.pop()
        if i not in seen:
            seen.add(i)
            work.extend(operands(views.program[i]))
    return sorted(seen - known)


def _summands(views: Views, i: int) -> list[int]:
    """What is an XOR of others, operands first, and they themselves: Masks but for those that are atoms."""
    found, todo = set[int](), [i]
    while todo:
        n = todo.pop()
        x = views.program[n]
        if n not in found and (x[0] == "Xor" or (x[0] == "Mask" and ((n, 0),) not in views.poly(n)[1])):
            found.add(n)
            todo += operands(x) if x[0] == "Xor" else ()
    return sorted(found)


def put_together(views: Views, i: int, evaluations: list[Hint], width: int) -> None:
    """Gives i the poly in which each piece is what it is evaluated to be."""
    program = views.program
    for made in dict.fromkeys(n for _, left, *_ in evaluations for n in _summands(views, left)):
        views.hint("poly", made)  # another claim's evaluation may have given it a form of its own
    left = evaluations[0][1]
    sums = []
    for _, made, *_ in evaluations[1:]:
        left = program.xor(left, made)
        sums.append(left)
    rest = program.xor(i, left)
    whole = program.xor(rest, left)
    name = program.mask(whole, ones(width))
    for made in (*sums, rest, whole, name):
        views.hint("poly", made)
    # i keeps `name` as its sum, by which it is known after the polys have changed.
    views.hint("sumatom", name, width)
    views.hint("same", i, name)
    for evaluation in evaluations:
        views.hint(*evaluation)
    for made in (*sums, whole, name):
        views.hint("poly", made)
    views.hint("same", i, name)
