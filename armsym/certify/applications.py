"""Hints for applications of functions and for products that are not multiplied out."""

from __future__ import annotations

from armsym.audit.forms import reach
from armsym.audit.functions import SWAPPED, definition, entries
from armsym.certify.affine import affine
from armsym.certify.factors import product
from armsym.certify.views import Key, Views, poly_key

__all__ = ["and_atom", "application", "known_anew"]


def and_atom(views: Views, i: int, a: int, b: int) -> None:
    """Makes And i an atom, or what an earlier one of equal operands is."""
    keys = sorted((poly_key(views.poly(a)), poly_key(views.poly(b))), key=hash)
    if _known(views, "And", i, tuple(keys)):
        return
    bits = min(reach(views.poly(a)), reach(views.poly(b)))
    mask = views.program.mask(i, bits)
    views.hint("polyatom", mask)
    views.hint("within", mask)


def application(views: Views, i: int) -> None:
    """Gives App i a poly: what an equal one has, a number, an XOR of the index's bits, or itself."""
    _, name, operands, _ = views.program[i]
    if _known(views, name, i, _of_operands(views, i)):
        return
    known = definition(name)
    if known is None or known[0] != len(operands):
        views.hint("polyatom", i)
    elif all(not views.poly(a)[1] for a in operands):
        _constant(views, i)
    elif not product(views, i) and (entries(name) is None or not _look_up(views, i)):
        views.hint("polyatom", i)


def _of_operands(views: Views, i: int) -> Key:
    _, name, operands, bits = views.program[i]
    keys = [views.key(a) for a in operands]
    return bits, *(sorted(keys, key=hash) if name in SWAPPED else keys)


def known_anew(views: Views, i: int) -> None:
    """Has App i, an atom, found by what its operands' forms are now."""
    views.keys[i] = (views.program[i][1], *_of_operands(views, i))
    views.equals.setdefault(views.keys[i], i)


def _known(views: Views, kind: str, i: int, of: Key) -> bool:
    """Whether an earlier application of equal operands was found, whose forms i then takes."""
    key = (kind, *of)
    views.keys[i] = key
    first = views.equals.setdefault(key, i)
    if first == i or first not in views.checker.poly:
        views.equals[key] = i
        return False
    views.hint("congruent", i, first)
    return True


def _of(views: Views, i: int, operands: tuple[int, ...]) -> int:
    """App i of other operands, that are equal to its own."""
    _, name, old, bits = views.program[i]
    return i if operands == old else views.program.app(name, operands, bits)


def _constant(views: Views, i: int) -> None:
    """A known function of numbers."""
    _, name, old, bits = views.program[i]
    values = [views.poly(a)[0] for a in old]
    known = definition(name)
    assert known is not None, f"the function {name} has no definition"
    operands = tuple(map(views.program.const, values))
    result = views.program.const(known[1](*values) & bits)
    for made in (*operands, result):
        if made not in views.checker.poly:
            views.hint("poly", made)
    plain = _of(views, i, operands)
    views.hint("evaluate", plain, result, (), (*dict.fromkeys((*operands, result)), plain))
    if plain != i:
        views.hint("congruent", i, plain)


def _look_up(views: Views, i: int) -> bool:
    """A table that is affine on the indices within reach is an XOR of the index's bits."""
    program = views.program
    _, name, (index,), bits = program[i]
    within = reach(views.poly(index))
    columns = affine(entries(name) or b"", within, bits)
    if columns is None:
        return False
    if views.checker.bits(index) != within:
        old, index = index, program.mask(index, within)
        if index not in views.checker.poly:
            views.hint("poly", index)
        views.hint("same", index, old)
    plain = _of(views, i, (index,))
    first, diagonals = columns
    result = program.const(first)
    steps = [result]
    for shift, mask in diagonals:
        part = program.mask(index, mask)
        moved = program.shl(part, shift) if shift > 0 else program.shr(part, -shift) if shift else part
        result = program.xor(result, moved)
        steps += part, moved, result
    order = [made for made in dict.fromkeys(steps) if made != index]
    for made in order:
        if made not in views.checker.poly:
            views.hint("poly", made)
    views.hint("evaluate", plain, result, (index,), (*order, plain))
    if plain != i:
        views.hint("congruent", i, plain)
    return True
