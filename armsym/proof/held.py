"""The number that a buffer of any length holds in a state, through all that was stored to it.

What lies beneath the stores is some content, known or not; the number that it is, is a fold of its words.  A store of a
word in place q makes the number of the first k words, k > q, greater by 2^(64 q) times the new word less the old one.
So nothing has to be said of what the words are.
"""

from __future__ import annotations

from collections.abc import Callable

from armsym.bits import Bits
from armsym.errors import MemoryFault
from armsym.integers.expression import IntegerLike, integer
from armsym.proof.buffers import block_at, in_blocks
from armsym.proof.handles import Number, Unit
from armsym.symbolic_memory import SymbolicMemory, SymbolicRegion, Unclear, Unknown

__all__ = ["number_held"]

#: Bytes in a word.
WORD = 8


def number_held(
    memory: SymbolicMemory, region: SymbolicRegion, k: Bits, content: Callable[[str], Number], unit: Unit
) -> IntegerLike:
    """The number that the first k words of 64 bits of a region hold, the first the least significant.

    `content` gives the number that content of a name is, `unit` 2^(64 i).  Raises `MemoryFault` where it is not known
    whether the words lie in the region, whether a word that was stored is one of them, or what it was before.
    """
    if memory.decide((k <= region.size >> 3) & (k < (1 << 61))) is not True:
        raise MemoryFault(f"the first {k.value} words are not shown to lie in {region.name}, {region.size.value} bytes")
    under = memory.beneath.get(region.name)
    if under is not None and not isinstance(under, Unknown):
        raise MemoryFault(f"{region.name} holds blocks that a claim names: their number is `p.number` of these")
    total = content(region.name if under is None else under.name)(k)
    layers = memory.overlays[region.name]
    before = memory.fork()
    for n, layer in enumerate(layers):
        # What the words of this layer were before it.
        before.overlays[region.name] = layers[:n]
        if layer.symbolic is not None and layer.symbolic.pb % WORD:
            raise MemoryFault(f"the store at {region.name}+{layer.symbolic} is not of whole words")
        base = in_blocks(layer.symbolic, WORD)
        for first in sorted({at - at % WORD for at in layer.bytes}):
            new = block_at(layer.bytes, first, WORD)
            if new is None:
                raise MemoryFault(f"the store at {region.name}+{layer.symbolic or 0}{first:+#x} is not of a whole word")
            place = base + Bits.wrap(64, first // WORD)
            # (Below 2^61, 8 times the place is the offset: nothing wraps.)
            if memory.decide(place < (1 << 61)) is not True:
                raise MemoryFault(f"the offset {region.name}+{layer.symbolic or 0}{first:+#x} may wrap around")
            inside = memory.decide(place < k)
            if inside is None:
                raise Unclear(
                    region.name,
                    f"the number that {region.name} holds: whether word {place.value} is among the first {k.value}"
                    " is not known",
                )
            if inside:
                old = before.peek(region, layer.symbolic, first, WORD)
                total = total + unit(place) * (integer(new) - integer(old))
    return total
