"""Hints for applications of functions and for products that are not multiplied out."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, TypeAlias

from armsym.audit.forms import Poly, reach
from armsym.audit.functions import definition, entries
from armsym.certify.affine import affine

if TYPE_CHECKING:
    from armsym.certify.layer import Layer

__all__ = ["Key", "and_atom", "application", "poly_key"]

Key: TypeAlias = tuple[Hashable, ...]


def poly_key(p: Poly) -> Key:
    """Equal for equal polys."""
    return ("poly", p[0], frozenset(p[1].items()))


def and_atom(layer: Layer, i: int, a: int, b: int) -> None:
    """Makes And i an atom, or what an earlier one of equal operands is."""
    keys = sorted((poly_key(layer.poly(a)), poly_key(layer.poly(b))), key=hash)
    if _known(layer, "And", i, tuple(keys)):
        return
    bits = min(reach(layer.poly(a)), reach(layer.poly(b)))
    mask = layer.program.mask(i, bits)
    layer.hint("polyatom", mask)
    layer.hint("within", mask)


def application(layer: Layer, i: int) -> None:
    """Gives App i a poly: what an equal one has, a number, an XOR of the index's bits, or itself."""
    _, name, operands, bits = layer.program[i]
    if _known(layer, name, i, (bits, *map(layer.key, operands))):
        return
    known = definition(name)
    if known is None or known[0] != len(operands):
        layer.hint("polyatom", i)
    elif all(not layer.poly(a)[1] for a in operands):
        _constant(layer, i)
    elif entries(name) is None or not _look_up(layer, i):
        layer.hint("polyatom", i)


def _known(layer: Layer, kind: str, i: int, of: Key) -> bool:
    """Whether an earlier application of equal operands was found, whose forms i then takes."""
    key = (kind, *of)
    layer.keys[i] = key
    first = layer.equals.setdefault(key, i)
    if first == i or first not in layer.checker.poly:
        layer.equals[key] = i
        return False
    layer.hint("congruent", i, first)
    return True


def _of(layer: Layer, i: int, operands: tuple[int, ...]) -> int:
    """App i of other operands, that are equal to its own."""
    _, name, old, bits = layer.program[i]
    return i if operands == old else layer.program.app(name, operands, bits)


def _constant(layer: Layer, i: int) -> None:
    """A known function of numbers."""
    _, name, old, bits = layer.program[i]
    values = [layer.poly(a)[0] for a in old]
    known = definition(name)
    assert known is not None, f"the function {name} has no definition"
    operands = tuple(map(layer.program.const, values))
    result = layer.program.const(known[1](*values) & bits)
    for made in (*operands, result):
        if made not in layer.checker.poly:
            layer.hint("poly", made)
    plain = _of(layer, i, operands)
    layer.hint("evaluate", plain, result, (), (*dict.fromkeys((*operands, result)), plain))
    if plain != i:
        layer.hint("congruent", i, plain)


def _look_up(layer: Layer, i: int) -> bool:
    """A table that is affine on the indices within reach is an XOR of the index's bits."""
    program = layer.program
    _, name, (index,), bits = program[i]
    within = reach(layer.poly(index))
    columns = affine(entries(name) or b"", within, bits)
    if columns is None:
        return False
    if layer.checker.bits(index) != within:
        old, index = index, program.mask(index, within)
        if index not in layer.checker.poly:
            layer.hint("poly", index)
        layer.hint("same", index, old)
    plain = _of(layer, i, (index,))
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
        if made not in layer.checker.poly:
            layer.hint("poly", made)
    layer.hint("evaluate", plain, result, (index,), (*order, plain))
    if plain != i:
        layer.hint("congruent", i, plain)
    return True
