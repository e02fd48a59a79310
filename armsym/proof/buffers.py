"""Pointwise claims in symbolic runs: taking them as content, and what proves them."""

from __future__ import annotations

from collections.abc import Iterator

from armsym.bits import Bits, Prop, concat, ite, select
from armsym.errors import InputError
from armsym.integers.expression import Relation
from armsym.proof.handles import Claim, Pointwise
from armsym.symbolic_memory import Filled, SymbolicMemory, SymbolicRegion, Unknown, signed, split_offset
from armsym.terms.linear import linear_view
from armsym.terms.node import Term

__all__ = ["assume_pointwise", "parts", "pointwise_conditions"]

#: A path between two loop heads writes at most so many blocks of one buffer.
MAX_BLOCKS = 4096

#: So many equal blocks in a row are looked at by themselves; fewer, together with their neighbours.
MANY = 32


def parts(claim: Claim) -> Iterator[Prop | Relation | Pointwise]:
    """The conditions, claims about integers and pointwise claims that a claim consists of."""
    if isinstance(claim, (Prop, Relation, Pointwise)):
        yield claim
    elif isinstance(claim, bool):
        yield Prop(claim)
    elif isinstance(claim, (list, tuple)):
        if not len(claim):
            raise InputError("a claim is an empty list: it would say nothing")
        for c in claim:
            yield from parts(c)
    else:
        raise InputError(f"a claim is a condition or a list of conditions, not {type(claim).__name__} {claim!r}")


def _region(memory: SymbolicMemory, claim: Pointwise) -> SymbolicRegion:
    return next(r for r in memory.regions if r.name == claim.region.name)


def assume_pointwise(memory: SymbolicMemory, claim: Pointwise, region: SymbolicRegion | None = None) -> None:
    """Let the claim be the region's content; only for a region whose content was just forgotten.

    `region` is where the claim's region lies, if it is not a region of the memory itself.
    """
    r = _region(memory, claim) if region is None else region
    unknown = memory.beneath.get(r.name)
    if memory.overlays[r.name] or not isinstance(unknown, Unknown):
        raise InputError(f"{r.name}: two claims state the whole content")
    # The words are computed now, for any j: the claim is about the state at this moment, and its
    # function may look at registers that the routine goes on to change.
    j = claim.arbitrary
    memory.beneath[r.name] = Filled(
        claim.upto,
        claim.size,
        claim.width // 8,
        claim.order,
        j,
        claim.expected(j),
        start=claim.start,
        rest=unknown.name if claim.partial else None,
    )


def pointwise_conditions(memory: SymbolicMemory, claim: Pointwise) -> list[tuple[str, Prop]] | str:
    """What has to hold for the claim, as named conditions; or why it cannot be shown."""
    r = _region(memory, claim)
    under = memory.beneath.get(r.name)
    start = Bits(64, 0)
    # Beyond the region another one may lie, which the region's content does not show.
    conditions: list[tuple[str, Prop]] = [("the blocks lie in the region", claim.within)]
    if isinstance(under, Unknown):
        return "a loop stored to it and no claim says what"
    if claim.partial:
        through = _through(memory, r, claim)
        return through if isinstance(through, str) else conditions + through
    if isinstance(under, Filled):
        if under.rest is not None:
            return "of what lies beyond the blocks that are known nothing is known"
        if (under.size, under.word, under.order) != (claim.size, claim.width // 8, claim.order):
            return "the blocks claimed are cut differently from those known"
        # The blocks known so far must be the ones claimed: for any j of theirs.
        known, wanted, inside = under.words, claim.expected(under.index), under.index < under.upto
        for k, (a, b) in enumerate(zip(known, wanted, strict=True)):
            same = a == b
            if same.value is not True:
                same = Prop(inside.implies(same).value, (a, b))
            conditions.append((f"block j, word {k}", same))
        start = under.upto
    new = memory.fixed(claim.upto - start)
    if new is None or signed(new) < 0 or new > MAX_BLOCKS:
        return (
            f"{claim.upto.value} blocks are claimed where {start.value} are known: the difference is not a small number"
        )
    step = claim.width // 8
    for q in range(new):
        j = start + q
        for k, want in enumerate(claim.expected(j)):
            symbolic, at = split_offset(j * claim.size + k * step)
            have = memory.peek(r, symbolic, at, step)
            have = have.reverse_bytes() if claim.order == "big" and step > 1 else have
            conditions.append((f"block {j.value}, word {k}", have == want))
    # Nothing before the first of these blocks was stored to, and nothing after the last.
    lowest, highest = start * claim.size, claim.upto * claim.size
    for layer in memory.overlays[r.name]:
        if not layer.bytes:
            continue
        base = Bits(64, layer.symbolic) if layer.symbolic is not None else Bits(64, 0)
        first, last = base + Bits.wrap(64, min(layer.bytes)), base + Bits.wrap(64, max(layer.bytes) + 1)
        conditions.append(("nothing before is stored to", ~(first - lowest).slt(0)))
        conditions.append(("nothing after is stored to", ~(highest - last).slt(0)))
    return conditions


def _through(memory: SymbolicMemory, r: SymbolicRegion, claim: Pointwise) -> list[tuple[str, Prop]] | str:
    """The conditions of a claim about a part of a region, for any block j < upto: what a load of it would give.

    The latest store that has the block counts.  All stores are of whole blocks: else it is not shown.
    """
    size, j = claim.size, claim.arbitrary
    if claim.words != 1 or size & (size - 1):
        return "blocks of a buffer on the stack are one word of 1, 2, 4 or 8 bytes"
    under = memory.beneath.get(r.name)
    have: Bits | None = None
    if isinstance(under, Filled):
        if (under.size, under.word, under.order, under.start) != (size, size, claim.order, claim.start):
            return "the blocks claimed are cut differently from those known"
        if (claim.upto <= under.upto).value is not True and memory.decide(claim.upto <= under.upto) is not True:
            return f"{claim.upto.value} blocks are claimed where {under.upto.value} are known"
        have = under.bytes_of(j, 0, size)
    for layer in memory.overlays[r.name]:
        at = f"{r.name}+{layer.symbolic or 0}"
        if layer.symbolic is not None and layer.symbolic.pb % size:
            return f"the stores at {at} are not of whole blocks of {size} bytes"
        blocks: dict[int, Bits] = {}
        for k in layer.bytes:
            first = k - (k - claim.start) % size
            if first not in blocks:
                whole = _block_at(layer.bytes, first, size)
                if whole is None:
                    return f"the store at {at}{first:+#x} is not of a whole block of {size} bytes"
                blocks[first] = whole
        if have is None:
            all_of_them = (
                range(claim.start, claim.start + claim.upto.uint * size, size) if claim.upto.is_concrete else ()
            )
            if layer.symbolic is not None or not all_of_them or any(k not in blocks for k in all_of_them):
                return "not all blocks were stored to"
            have = blocks[claim.start]
        base = _in_blocks(layer.symbolic, size)
        # (From block 0 both offsets are multiples of the size: blocks are one, or do not meet.)
        if memory.decide(base < (1 << 64) // size) is not True:
            return f"the offset {at} may wrap around"
        for first, values in _runs(blocks, size):
            distance = j - base - Bits.wrap(64, (first - claim.start) // size)
            same = all(v.value == values[0].value for v in values)
            have = ite(distance < len(values), values[0] if same else select(distance, values), have)
    if have is None:
        return "nothing says what it holds"
    have = have.reverse_bytes() if claim.order == "big" and size > 1 else have
    (want,) = claim.expected(j)
    shown = (j < claim.upto).implies(have == want)
    return [("block j", Prop(shown.value, (have, want)))]


def _in_blocks(offset: Term | None, size: int) -> Bits:
    """The number of blocks that an offset is, of which all that is added up in it is a multiple of their size."""
    if offset is None:
        return Bits(64, 0)
    terms, const = linear_view(offset)
    total = Bits.wrap(64, signed(const) // size)
    for t, c in terms.items():
        whole = c % size == 0
        total = total + (
            Bits(64, t) * Bits.wrap(64, signed(c) // size) if whole else (Bits(64, t) >> size.bit_length() - 1) * c
        )
    return total


def _block_at(data: dict[int, tuple[Bits, int]], k: int, size: int) -> Bits | None:
    """The bytes stored from an offset on, or None where some were not."""
    found = [data.get(k + n) for n in range(size)]
    if any(f is None for f in found):
        return None
    (value, first), *_ = here = [f for f in found if f is not None]
    if all(v is value and n == first + d for d, (v, n) in enumerate(here)):
        return value[8 * (first + size) - 1 : 8 * first]
    return concat(*(v[8 * n + 7 : 8 * n] for v, n in reversed(here)))


def _runs(blocks: dict[int, Bits], size: int) -> Iterator[tuple[int, list[Bits]]]:
    """Blocks that follow one another, as (offset, blocks): many that are equal are a run of their own."""
    runs: list[tuple[int, list[Bits]]] = []
    for k in sorted(blocks):
        if runs and runs[-1][0] + len(runs[-1][1]) * size == k and runs[-1][1][-1].value == blocks[k].value:
            runs[-1][1].append(blocks[k])
        else:
            runs.append((k, [blocks[k]]))
    merged: list[tuple[int, list[Bits]]] = []
    for k, values in runs:
        short = merged and merged[-1][0] + len(merged[-1][1]) * size == k and len(values) < MANY > len(merged[-1][1])
        if short:
            merged[-1][1].extend(values)
        else:
            merged.append((k, values))
    yield from merged
