"""Sums of narrow words, under the product of a ring, as one word each.

The algebra knows products of whole words of the ring.  What is enciphered is no such word but a sum of bytes (an
S-box's values, say) and other narrow words side by side: with a word W for the whole sum, each byte is what W and the
other summands leave, byte_k = (W ^ rest)[8 k + 7 : 8 k].  In place of the bytes everywhere, that makes W of the sum.

What is shown with this in place is shown of all W, and with the sum itself for W each byte is what it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from armsym.terms import ops
from armsym.terms.evaluate import Substitution
from armsym.terms.node import App, Poly, Term, Value, Var, intern, ones
from armsym.terms.walk import below, children

__all__ = ["gathered"]


def gathered(
    product: str, width: int, values: Sequence[Value], parts: Callable[[Term], list[Value]] = children
) -> list[Value]:
    """The values with each such sum among the operands of the function `product` as a word of `width` bits.

    What has no `parts` is not looked into, and stays as it is: what a byte is remains open there.
    """
    operands: dict[int, Poly] = {}
    for t in below(*values, parts=parts):
        for v in t.args if isinstance(t, App) and t.name == product else ():
            one = intern(v) if isinstance(v, Poly) else None
            if isinstance(one, Poly):
                operands[one.id] = one
    placed = {k: _placed(t) for k, t in operands.items()}
    times = Counter(i for t in operands.values() for i in {base.id for m in t.entries for base, _ in m.factors})
    mapping: dict[Term, Value] = {}
    for k, t in operands.items():
        tiles = _tiles(width, {b: lo for b, lo in placed[k].items() if times[b.id] == 1})
        if tiles:
            mapping |= _in_terms_of_one(width, t, tiles)
    if not mapping:
        return list(values)
    put = Substitution(mapping, alone=lambda t: not parts(t))
    return [put(v) for v in values]


def _placed(t: Poly) -> dict[Term, int]:
    """The words that stand whole, once, and by themselves in a sum, and their lowest bits."""
    met = Counter(base.id for m in t.entries for base, _ in m.factors)
    found: dict[Term, int] = {}
    for m, mask in t.entries.items():
        if len(m.factors) == 1:
            base, s = m.factors[0]
            if met[base.id] == 1 and s <= 0 and base.width < t.width and mask == ones(base.width) << -s:
                found[base] = -s
    return found


def _tiles(width: int, places: dict[Term, int]) -> list[Term]:
    """Words that cover all bits side by side, the lowest first; none if they do not."""
    at = {lo: base for base, lo in sorted(places.items(), key=lambda p: p[0].id)}
    tiles: list[Term] = []
    lo = 0
    while lo < width and lo in at:
        tiles.append(at[lo])
        lo += at[lo].width
    return tiles if lo == width else []


def _in_terms_of_one(width: int, t: Poly, tiles: list[Term]) -> dict[Term, Value]:
    """Each tile in terms of a new word for the sum of all narrow words of the operand."""
    wide = {base: 0 for m in t.entries for base, _ in m.factors if base.width >= width}
    narrow = Substitution(wide)(t) if wide else t
    side_by_side: Value = 0
    lo = 0
    for tile in tiles:
        grown = ops.zext(tile.width, tile, width)
        side_by_side = ops.xor(width, side_by_side, ops.lsl(width, grown, lo) if lo else grown)
        lo += tile.width
    whole = ops.xor(width, Var("W", width, secret=True), ops.xor(width, narrow, side_by_side))
    found: dict[Term, Value] = {}
    lo = 0
    for tile in tiles:
        found[tile] = (
            ops.extract(width, whole, lo, tile.width) if isinstance(whole, Term) else whole >> lo & ones(tile.width)
        )
        lo += tile.width
    return found
