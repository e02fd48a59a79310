"""Hints for products over GF(2) as they are met: by a number, and of GCM's field as products of words in one order.

A product of the field is the XOR of *standing* ones, f1 * (f2 * (f3 * ...)) of words that are no products of the field,
in the order of their numbers; each of these is an atom.
"""

from __future__ import annotations

from armsym.audit.forms import Poly, reach
from armsym.audit.functions import PRODUCTS
from armsym.audit.raw import ones
from armsym.certify.views import Views, poly_key

__all__ = ["FIELD", "multiply", "product"]

FIELD = "gf128.mul"
_BLOCK = ones(128)


def product(views: Views, i: int) -> bool:
    """Gives an App of a product, of which no operand is a number, its poly; False where it is an atom."""
    _, name, operands, bits = views.program[i]
    if name not in PRODUCTS or len(operands) != 2:
        return False
    views.multiplies = True
    for number, other in (operands, operands[::-1]):
        if name == "clmul" and not views.poly(number)[1]:
            _by_number(views, i, other, views.poly(number)[0])
            return True
    if name != FIELD or bits != _BLOCK:
        return False
    standing = multiply(views, *(_narrow(views, a, views.poly(a)) for a in operands))
    if standing != i:
        views.hint("congruent", i, standing)
    return True


def _processed(views: Views, *made: int) -> None:
    for i in made:
        if i not in views.checker.poly:
            views.hint("poly", i)


def _narrow(views: Views, a: int, p: Poly) -> int:
    """The instruction, or an equal one, that tells its bits."""
    if views.checker.bits(a) is not None:
        return a
    narrow = views.program.mask(a, reach(p))
    _processed(views, narrow)
    return narrow


def _by_number(views: Views, i: int, x: int, number: int) -> None:
    """clmul(x, number) is an XOR of shifts of x."""
    program, bits = views.program, views.program[i][3]
    narrow = program.mask(x, reach(views.poly(x)))
    factor, result = program.const(number), program.const(0)
    steps = [factor, result]
    for k in range(number.bit_length()):
        if number >> k & 1:
            moved = program.shl(narrow, k) if k else narrow
            result = program.xor(result, moved)
            steps += [moved, result] if k else [result]
    result = program.mask(result, bits)
    _processed(views, narrow)
    steps = list(dict.fromkeys([*steps, result]))
    for made in steps:
        views.hint("poly", made)
    plain = program.app("clmul", (narrow, factor), bits)
    views.hint("bilinear", plain, result, (narrow,), (), (), (*steps, plain))
    if plain != i:
        views.hint("congruent", i, plain)


# -- the field


def multiply(views: Views, a: int, b: int) -> int:
    """The product of two instructions that tell their bits, which then has a poly."""
    i = views.program.app(FIELD, (a, b), _BLOCK)
    if i in views.checker.poly:
        return i
    for one, other in ((a, b), (b, a)):
        first, *others = _summands(views, one)
        if others:
            rest = others[0]
            for part in others[1:]:
                rest = views.program.xor(rest, part)
                _processed(views, rest)
            rest = _narrow(views, rest, views.poly(rest))
            parts = multiply(views, first, other), multiply(views, rest, other)
            whole = views.program.app(FIELD, (one, other), _BLOCK)
            views.hint("distribute", whole, *parts)
            if whole != i:
                _turned(views, a, b)
            return i
    one, other = _word(views, a), _word(views, b)
    _times(views, one, other)
    if i not in views.checker.poly:
        views.hint("congruent", i, views.program.app(FIELD, (one, other), _BLOCK))
    return i


def _turned(views: Views, a: int, b: int) -> int:
    """The product of a and b, with the poly that the product of b and a has."""
    i = views.program.app(FIELD, (a, b), _BLOCK)
    if i not in views.checker.poly:
        views.hint("congruent", i, views.program.app(FIELD, (b, a), _BLOCK))
    return i


def _summands(views: Views, a: int) -> list[int]:
    """The standing products that are XORed to something in a, and the rest; a itself where there is nothing to part."""
    constant, terms = views.poly(a)
    products = [m for ((m, s), *more), k in terms.items() if not more and not s and k == _BLOCK and m in views.standing]
    if not products or (len(terms) == 1 and not constant):
        return [a]
    rest = a
    for m in products:
        rest = views.program.xor(rest, m)
        _processed(views, rest)
    p = views.poly(rest)
    return products if p == (0, {}) else [*products, _narrow(views, rest, p)]


def _word(views: Views, a: int) -> int:
    """The word, or standing product, that a is."""
    p = views.poly(a)
    if not p[0] and len(p[1]) == 1:
        (((m, s), *more), k) = next(iter(p[1].items()))
        if not more and not s and k == _BLOCK and m in views.standing:
            return m
    return views.factors.setdefault(poly_key(p), a)


def _head(views: Views, a: int) -> int:
    return views.program[a][2][0] if a in views.standing else a


def _stand(views: Views, a: int, b: int) -> int:
    i = views.program.app(FIELD, (a, b), _BLOCK)
    if i not in views.standing:
        views.hint("polyatom", i)
        views.standing.add(i)
    return i


def _times(views: Views, a: int, b: int) -> int:
    """The standing product that the product of two words or standing products is; that product has its poly then."""
    if a not in views.standing:
        return _insert(views, a, b)
    h, t = views.program[a][2]
    inner = _times(views, t, b)
    found = _times(views, h, inner)
    i = views.program.app(FIELD, (a, b), _BLOCK)
    if i not in views.checker.poly:
        outer, q = (views.program.app(FIELD, both, _BLOCK) for both in ((h, inner), (t, b)))
        views.hint("associate", i, a, outer, q)
    return found


def _insert(views: Views, a: int, c: int) -> int:
    if a <= _head(views, c):
        return _stand(views, a, c)
    if c not in views.standing:
        found = _stand(views, c, a)
    else:
        h, t = views.program[c][2]
        inner = _insert(views, a, t)
        found = _stand(views, h, inner)
        turned = views.program.app(FIELD, (c, a), _BLOCK)
        if turned not in views.checker.poly:
            views.hint("associate", turned, c, found, _turned(views, t, a))
    _turned(views, a, c)
    return found
