"""Pointwise claims in symbolic runs: taking them as content, and what proves them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from armsym.bits import Bits, Prop, concat, ite, select
from armsym.errors import InputError, MemoryFault
from armsym.proof.handles import Pointwise
from armsym.symbolic_memory import Filled, SymbolicMemory, SymbolicRegion, Unknown, signed, split_offset
from armsym.terms.linear import linear_view, make_sum
from armsym.terms.node import Term, Value, intern, ones

__all__ = ["assume_pointwise", "block_at", "in_blocks", "pointwise_conditions"]

#: A path between two loop heads writes at most so many blocks of one buffer.
MAX_BLOCKS = 4096

#: So many equal blocks in a row are looked at by themselves; fewer, together with their neighbours.
MANY = 32


def _region(memory: SymbolicMemory, claim: Pointwise) -> SymbolicRegion:
    return next(r for r in memory.regions if r.name == claim.region.name)


def assume_pointwise(
    memory: SymbolicMemory,
    claim: Pointwise,
    region: SymbolicRegion | None = None,
    *,
    tails: bool = False,
    said: Callable[[Value], Value] = lambda v: v,
) -> None:
    """Let the claim be the region's content; only for a region whose content was just forgotten.

    `region` is where the claim's region lies, if it is not a region of the memory itself.  Only with `tails` may bytes
    follow the blocks.  `said` puts what other claims said of unknowns in their place, in what was evaluated before.
    """
    r = _region(memory, claim) if region is None else region
    if claim.tail.size.value != 0 and not tails:
        raise InputError(f"{r.name}: a claim with a tail is proved, but not taken for the content of a buffer")
    unknown = memory.beneath.get(r.name)
    if memory.overlays[r.name] or not isinstance(unknown, Unknown):
        raise InputError(f"{r.name}: two claims state the whole content")
    # The words are computed now, for any j: the claim is about the state at this moment, and its
    # function may look at registers that the routine goes on to change.
    j = claim.arbitrary
    memory.beneath[r.name] = Filled(
        Bits(64, said(claim.upto.value)),
        claim.size,
        claim.width // 8,
        claim.order,
        j,
        claim.expected(j),
        start=claim.start,
        rest=unknown.name if claim.partial else None,
        tail=tuple(Bits(8, said(b.value)) for b in claim.tail.content) if claim.tail.size.value != 0 else (),
        after=Bits(64, said(claim.tail.size.value)),
    )


def _word(memory: SymbolicMemory, r: SymbolicRegion, claim: Pointwise, offset: Bits) -> Bits:
    """The word of a claim's width and order that the region has at an offset now."""
    step = claim.width // 8
    have = memory.peek(r, *split_offset(offset), step)
    return have.reverse_bytes() if claim.order == "big" and step > 1 else have


def _each_block(j: Bits, upto: Bits, known: Sequence[Bits], claim: Pointwise) -> list[tuple[str, Prop]]:
    """That the words `known` of block j are those claimed, for any j < upto."""
    inside, same = j < upto, []
    for k, (have, want) in enumerate(zip(known, claim.expected(j), strict=True)):
        equal = have == want
        if equal.value is not True:
            equal = Prop(inside.implies(equal).value, (have, want))
        same.append((f"block j, word {k}", equal))
    return same


def _overwritten(
    memory: SymbolicMemory,
    r: SymbolicRegion,
    claim: Pointwise,
    conditions: list[tuple[str, Prop]],
    same: list[tuple[str, Prop]],
) -> list[tuple[str, Prop]] | str:
    """The conditions of a claim about as many blocks as are known, of which some were stored to.

    `same` says that block j is known to be what is claimed of it; of blocks that were stored to it need not be.
    """
    step, j = claim.width // 8, claim.arbitrary
    written: dict[Value, Bits] = {}
    for layer in memory.overlays[r.name]:
        if not layer.bytes:
            continue
        terms, const = ({}, 0) if layer.symbolic is None else linear_view(layer.symbolic)
        if any(signed(n) % claim.size for n in terms.values()):
            return f"what is stored at {r.name}+{layer.symbolic} does not lie in blocks of {claim.size} bytes"
        base = Bits(64, make_sum(64, {t: signed(n) // claim.size & ones(64) for t, n in terms.items()}, 0))
        first, last = ((signed(const) + k) // claim.size for k in (min(layer.bytes), max(layer.bytes)))
        for k in range(first, last + 1):
            q = base + Bits.wrap(64, k)
            written[intern(q.value) if isinstance(q.value, Term) else q.value] = q
    if len(written) > MAX_BLOCKS:
        return f"{len(written)} blocks of {r.name} are stored to: more than {MAX_BLOCKS}"
    apart = j < claim.upto
    for q in written.values():
        # Block q starts at q * size, which does not wrap, for the blocks claimed lie in the region.
        conditions.append((f"block {q.value} is one of those claimed", q < claim.upto))
        for k, want in enumerate(claim.expected(q)):
            conditions.append(
                (f"block {q.value}, word {k}", _word(memory, r, claim, q * claim.size + k * step) == want)
            )
        apart = apart & ~(j == q)
    return [*conditions, *((label, apart.implies(holds)) for label, holds in same)]


def pointwise_conditions(memory: SymbolicMemory, claim: Pointwise) -> list[tuple[str, Prop]] | str:
    """What has to hold for the claim, as named conditions; or why it cannot be shown."""
    r = _region(memory, claim)
    under = memory.beneath.get(r.name)
    start, known_after, same = Bits(64, 0), 0, list[tuple[str, Prop]]()
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
        same = _each_block(under.index, under.upto, under.words, claim)
        start = under.upto
        if under.tail:
            size = memory.fixed(under.after)
            if size is None or size > len(under.tail):
                return f"the tail known has {under.after.value} bytes: not a number up to {len(under.tail)}"
            known_after = size
        # (A tail, and blocks that are claimed no more, are told by what was stored after the blocks.)
        few = not under.tail and claim.tail.size.value == 0
        if memory.overlays[r.name] and few and memory.fixed(claim.upto - start) == 0:
            return _overwritten(memory, r, claim, conditions, same)
        conditions += same
    elif claim.tail.size.value == 0 and memory.fixed(claim.upto) is None:
        # Nothing is claimed of it so far: each block is known to be what it was on entry, any number of them.
        j, offset, step = claim.arbitrary, split_offset(claim.arbitrary * claim.size), claim.width // 8
        entry = [memory.on_entry(r, offset[0], offset[1] + k * step, step) for k in range(claim.words)]
        known = [w.reverse_bytes() if claim.order == "big" and step > 1 else w for w in entry]
        same = _each_block(j, claim.upto, known, claim)
        return _overwritten(memory, r, claim, conditions, same) if memory.overlays[r.name] else conditions + same
    fixed = memory.fixed(claim.upto - start)
    new = None if fixed is None else signed(fixed)
    if new is None or abs(new) > MAX_BLOCKS:
        return (
            f"{claim.upto.value} blocks are claimed where {start.value} are known: the difference is not a small number"
        )
    step = claim.width // 8
    for q in range(new):
        j = start + q
        for k, want in enumerate(claim.expected(j)):
            conditions.append(
                (f"block {j.value}, word {k}", _word(memory, r, claim, j * claim.size + k * step) == want)
            )
    after = memory.fixed(claim.tail.size)
    if after is None or after > len(claim.tail.content):
        return f"the tail claimed has {claim.tail.size.value} bytes: not a number up to {len(claim.tail.content)}"
    highest = claim.upto * claim.size
    for q in range(after):
        have = memory.peek(r, *split_offset(highest + q), 1)
        conditions.append((f"byte {q} of the tail", have == claim.tail.content[q]))
    highest = highest + after
    # Where more was known than is claimed, what the claim does not name is as on entry again.
    more = max(known_after - new * claim.size - after, 0)
    for k in range(more):
        symbolic, at = split_offset(highest + k)
        now, before = memory.peek(r, symbolic, at, 1), memory.on_entry(r, symbolic, at, 1)
        conditions.append((f"byte {k} after what is claimed", now == before))
    # Nothing before the first of these blocks was stored to, and nothing after the last, or after the tail.
    lowest, highest = (start if new >= 0 else claim.upto) * claim.size, highest + more
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
        if under.tail:
            return "a tail follows the blocks that are known"
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
                whole = block_at(layer.bytes, first, size)
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
        base = in_blocks(layer.symbolic, size)
        # (From block 0 both offsets are multiples of the size: blocks are one, or do not meet.)
        if size > 1 and memory.decide(base < (1 << 64) // size) is not True:
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


def in_blocks(offset: Term | None, size: int) -> Bits:
    """The number of blocks that an offset is, of which all that is added up in it is a multiple of their size.

    Raises `MemoryFault` where one is only by its factor and the rest together.
    """
    if offset is None:
        return Bits(64, 0)
    terms, const = linear_view(offset)
    total = Bits.wrap(64, signed(const) // size)
    for t, c in terms.items():
        whole = c % size == 0
        if not whole and t.pb % size:
            raise MemoryFault(f"the offset {offset} is not seen to be one of whole blocks of {size} bytes")
        total = total + (
            Bits(64, t) * Bits.wrap(64, signed(c) // size) if whole else (Bits(64, t) >> size.bit_length() - 1) * c
        )
    return total


def block_at(data: dict[int, tuple[Bits, int]], k: int, size: int) -> Bits | None:
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
