"""Pointwise claims in symbolic runs: taking them as content, and what proves them."""

from __future__ import annotations

from collections.abc import Iterator

from armsym.bits import Bits, Prop
from armsym.errors import InputError
from armsym.integers.expression import Relation
from armsym.proof.conditional import Conditional
from armsym.proof.handles import Claim, Pointwise
from armsym.symbolic_memory import Filled, SymbolicMemory, SymbolicRegion, Unknown, signed, split_offset

__all__ = ["assume_pointwise", "parts", "pointwise_conditions"]

#: A path between two loop heads writes at most so many blocks of one buffer.
MAX_BLOCKS = 4096


def parts(claim: Claim) -> Iterator[Prop | Relation | Pointwise | Conditional]:
    """The conditions, claims about integers, pointwise claims and claims under conditions that a claim consists of."""
    if isinstance(claim, (Prop, Relation, Pointwise, Conditional)):
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
    if memory.overlays[r.name] or not isinstance(memory.beneath.get(r.name), Unknown):
        raise InputError(f"{r.name}: two claims state the whole content")
    # The words are computed now, for any j: the claim is about the state at this moment, and its
    # function may look at registers that the routine goes on to change.
    j = claim.arbitrary
    memory.beneath[r.name] = Filled(claim.upto, claim.size, claim.width // 8, claim.order, j, claim.expected(j))


def pointwise_conditions(memory: SymbolicMemory, claim: Pointwise) -> list[tuple[str, Prop]] | str:
    """What has to hold for the claim, as named conditions; or why it cannot be shown."""
    r = _region(memory, claim)
    under = memory.beneath.get(r.name)
    start = Bits(64, 0)
    # Beyond the region another one may lie, which the region's content does not show.
    conditions: list[tuple[str, Prop]] = [("the blocks lie in the region", claim.within)]
    if isinstance(under, Unknown):
        return "a loop stored to it and no claim says what"
    if isinstance(under, Filled):
        if (under.size, under.word, under.order) != (claim.size, claim.width // 8, claim.order):
            return "the blocks claimed are cut differently from those known"
        # The blocks known so far must be the ones claimed: for an arbitrary j.
        known, wanted = under.words, claim.expected(under.index)
        conditions += [(f"block j, word {k}", a == b) for k, (a, b) in enumerate(zip(known, wanted, strict=True))]
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
