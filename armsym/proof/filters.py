"""An ordered filter: the candidates of a buffer's blocks that are accepted, one after the other.

Rejection sampling is one.  Block i of the buffer gives a fixed number of candidates; those that are accepted go to
the end of the output.  So the k-th accepted of the first i blocks is defined by a fold,

    A(0, k) = 0
    A(i + 1, k) = A(i, k)                     for k < count(i)
                = kept(i)[k - count(i)]       else, 0 beyond its end
    count(0) = 0, count(i + 1) = count(i) + size(i)

where kept(i) are the accepted candidates of block i moved to the front, zeros after them, and size(i) says how many
they are.  On numbers this is computed.  On terms A(i, k), kept(i) and size(i) stand for themselves, as uninterpreted
functions of i and k; a claim may be shown by what they stand for (`expanded`), or by what follows from the definition
(`facts`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from armsym.bits import Bits, Prop, concat, ite, select
from armsym.errors import InputError
from armsym.proof.checks import shown, told_by
from armsym.proof.handles import Computed, Fold, Meaning, an_index
from armsym.proof.state import Words
from armsym.symbolic_regions import variable
from armsym.terms import ops
from armsym.terms.evaluate import Substitution, free_terms
from armsym.terms.linear import linear_view
from armsym.terms.node import App, Term, Value, intern
from armsym.terms.walk import below

__all__ = ["FEW", "Accepted", "Candidates", "Filter", "Kept"]

#: The candidates of a block: whether each is accepted, and its value.
Candidates = Callable[[Words], Sequence[tuple[Prop, Bits]]]

#: A block has at most so many candidates: what is kept of them is a formula in all of them.
MOST = 64

#: Of so many candidates in a block each path knows what it means that they are accepted.
FEW = 2

#: Of more blocks than this nothing is said: so no count wraps.
BLOCKS = 1 << 56


class Accepted:
    """What is accepted of a filter's first blocks: `[k]` is the k-th, k = 0, 1, ...; 0 where there are no more."""

    def __init__(self, of: Filter, meaning: Meaning, blocks: Bits) -> None:
        self._filter, self._p, self._blocks = of, meaning, blocks

    @property
    def count(self) -> Bits:
        """How many there are, 64 bits."""
        self._p._may_say(self._filter, self._blocks, past=True)
        return self._p._counted(self._filter, self._blocks)

    def __getitem__(self, k: Bits | int) -> Bits:
        return self._p._accepted(self._filter, self._blocks, an_index(f"{self._filter.name}: an index", k))

    # Python would else go through it by numbers, which never ends.
    __iter__ = None


@dataclass(frozen=True)
class Kept:
    """What is accepted of one block.

    count    how many candidates, 64 bits
    words    those moved to the front, zeros after them: as many words as the block has candidates
    pattern  which: bit p is 1 where candidate p is accepted; as many bits
    """

    count: Bits
    words: Words
    pattern: Bits


class Filter:
    """The accepted candidates of blocks, in order; made by `Proof.filter`."""

    def __init__(
        self, meaning: Meaning, name: str, candidates: Candidates, over: Callable[[Bits], Words], width: int
    ) -> None:
        self._p, self.name, self._candidates, self.over, self.width = meaning, name, candidates, over, width
        #: Candidates in a block, once one was looked at; whether which are accepted, and what they are, is secret.
        self.group = 0
        self.secret_pattern = self.secret_values = True
        #: Of so many blocks the proof reveals which candidates are accepted.
        self.revealed: Bits | None = None
        self.counts = Fold(
            meaning, f"{name}#", lambda c, n: [c[0] + n[0]], [Bits(64, 0)], lambda i: Words([self.block(i).count])
        )
        no_one: list[Bits] = []
        #: All that is accepted of the first so many blocks, on numbers.
        self.concrete = Computed(name, no_one, self._with_block)
        #: On symbols: what stands for block i, by its index; and what each of these terms stands for.
        self._blocks: dict[object, tuple[Bits, Words, Bits]] = {}
        self._patterns: dict[object, tuple[Bits, Bits]] = {}
        self._stands_for: dict[Term, Value] = {}
        #: Where counts were asked for, of those that stand for themselves.
        self.counted: dict[Term, Bits] = {}

    # -- what a proof asks --------------------------------------------------------------------

    def __call__(self, blocks: Bits | int) -> Accepted:
        """What is accepted of the first `blocks` blocks."""
        return Accepted(self, self._p, self._p._index(an_index(f"{self.name}: a number of blocks", blocks)))

    def block(self, index: Bits | int) -> Kept:
        """What is accepted of one block."""
        i = self._p._index(an_index(f"{self.name}: the index of a block", index))
        self._p._may_say(self, i, past=False)
        return Kept(*self._p._kept(self, i))

    # -- the definition -----------------------------------------------------------------------

    def candidates(self, block: Words) -> list[tuple[Bits, Bits]]:
        """Of each candidate of a block: whether it is accepted, one bit, and its value; raises `InputError`."""
        found = list(self._candidates(block))
        what = f"{self.name}: the candidates of a block"
        for one in found:
            if (
                not isinstance(one, tuple)
                or len(one) != 2
                or not (isinstance(one[0], Prop) and isinstance(one[1], Bits))
            ):
                raise InputError(
                    told_by(self._candidates, f"{what} are pairs of a condition and bits, not {shown(one)}")
                )
        if not 0 < len(found) <= MOST or self.group not in (0, len(found)):
            wanted = str(self.group) if self.group else f"1 to {MOST}"
            raise InputError(told_by(self._candidates, f"{what} are {wanted}, not {len(found)}"))
        for _, value in found:
            if value.width != self.width:
                raise InputError(told_by(self._candidates, f"{what} have {self.width} bits, not {value.width}"))
        self.group = len(found)
        return [(keep.bit, value) for keep, value in found]

    def _with_block(self, before: list[Bits], i: Bits) -> list[Bits]:
        return before + [value for keep, value in self.candidates(self.over(i)) if keep.uint]

    def _defined(self, candidates: list[tuple[Bits, Bits]]) -> tuple[Bits, list[Bits]]:
        """How many of these candidates are accepted, and those moved to the front, zeros after them."""
        n, w = len(candidates), n_bits(len(candidates))
        rank, kept = Bits(w, 0), [Bits(self.width, 0)] * n
        for p, (keep, value) in enumerate(candidates):
            accepted = keep == 1
            for t in range(p + 1):
                kept[t] = ite(accepted & (rank == t), value, kept[t])
            rank = rank + keep.zero_extend(w)
        return rank, kept

    # -- on symbols ---------------------------------------------------------------------------

    def reveal(self, text: str, upto: Bits) -> None:
        """Let it be public which candidates of the first `upto` blocks are accepted.

        Raises `InputError` where it was spoken of before, or said before.
        """
        if self._blocks or self.counted or self.revealed is not None:
            raise InputError(f"reveals {text!r}: {self.name} was asked before: say first, and once, what is revealed")
        self.revealed, self.secret_pattern, self.counts.secrets = upto, False, (False,)

    def label(self, generic: Words) -> None:
        """Say what of the filter is secret, from a block whose index is any public number."""
        found = self.candidates(generic)
        self.secret_pattern = any(ops.is_secret(keep.value) for keep, _ in found)
        self.secret_values = self.secret_pattern or any(ops.is_secret(value.value) for _, value in found)

    def block_terms(self, i: Bits) -> tuple[Bits, Words, Bits]:
        """What stands for how many are accepted of block i, for these, and for which; where no path's facts count."""
        key = i.value if isinstance(i.value, int) else intern(i.value).id
        if key not in self._blocks:
            candidates = self.candidates(self.over(i))
            self._as_labelled(candidates)
            size, kept = self._defined(candidates)
            w = size.width
            args = [(64, i.value)]
            n = ops.apply(f"{self.name}.size", w, args, secret=self.secret_pattern)
            words = [
                ops.apply(f"{self.name}.kept.{t}", self.width, args, secret=self.secret_values)
                for t in range(self.group)
            ]
            self._stands_for[n] = size.value
            self._stands_for |= {a: b.value for a, b in zip(words, kept, strict=True)}
            which = ops.apply(f"{self.name}.pattern[]", self.group, args, secret=self.secret_pattern)
            self._patterns[key] = i, concat(*(keep for keep, _ in reversed(candidates)))
            self._stands_for[which] = self._patterns[key][1].value
            kept_words = Words(Bits(self.width, a) for a in words)
            self._blocks[key] = Bits(w, n).zero_extend(64), kept_words, Bits(self.group, which)
        return self._blocks[key]

    def _as_labelled(self, candidates: list[tuple[Bits, Bits]]) -> None:
        """Raise `InputError` for a block of which more is secret than was said of all."""
        which = self.revealed is None and not self.secret_pattern and any(ops.is_secret(k.value) for k, _ in candidates)
        if which or (not self.secret_values and any(ops.is_secret(value.value) for _, value in candidates)):
            raise InputError(f"{self.name}: one block depends on a secret, and another does not")

    def patterns(self) -> list[tuple[Bits, Bits]]:
        """The blocks spoken of so far, and of each which of its candidates are accepted, as it is defined."""
        return list(self._patterns.values())

    def accepted_term(self, i: Bits, k: Bits) -> Bits:
        """What stands for A(i, k)."""
        return Bits(
            self.width,
            ops.apply(f"{self.name}[]", self.width, [(64, i.value), (64, k.value)], secret=self.secret_values),
        )

    def accepted_in(self, v: Value) -> Iterator[tuple[App, tuple[Bits, Bits]]]:
        """The terms A(i, k) that a value is made of, with i and k."""
        for t in below(v):
            if isinstance(t, App) and t.name == f"{self.name}[]":
                yield t, (Bits(64, t.args[0]), Bits(64, t.args[1]))

    def appended(self, before: Bits, count: Bits, kept: Words, k: Bits) -> Bits:
        """A(i + 1, k), where `before` is A(i, k), `count` is count(i) and `kept` is kept(i)."""
        return ite(k < count, before, select(k - count, list(kept)))

    def block_facts(self, i: Bits) -> list[Value]:
        """What holds of a block wherever it is spoken of.

        No more of its candidates are accepted than there are; of few, the definition, for code that branches on each.
        """
        size, kept, which = self.block_terms(i)
        found = [(size <= self.group).bit.value]
        if self.group <= FEW:
            terms = [t for t in free_terms(size.value) if t in self._stands_for] + [w.value for w in (*kept, which)]
            for t in terms:
                assert isinstance(t, Term)
                found.append(ops.eq(t.width, t, self._stands_for[t]))
        return found

    def order_facts(self, i: Bits, count: Bits, j: Bits, other: Bits) -> Iterator[Value]:
        """That more blocks do not have fewer accepted candidates."""
        yield ((i <= j) & (j <= BLOCKS)).implies(count <= other).bit.value
        yield ((j <= i) & (i <= BLOCKS)).implies(other <= count).bit.value

    def counted_anew(self, *values: Value) -> Substitution | None:
        """A change of variables by which the count of the last index spoken of is a variable, and not a long sum.

        What holds of all values of the new variable, and of the others, holds of those that it stands for.
        """
        best: tuple[int, App, Value] | None = None
        for v in values:
            for _, (i, _) in self.accepted_in(v):
                count = self._p._fold_at(self.counts, i)[0]
                terms = linear_view(count.value)[0] if isinstance(count.value, Term) else {}
                for t, c in terms.items():
                    if c == 1 and isinstance(t, App) and t.name == f"{self.counts.name}.0" and len(terms) > 1:
                        if best is None or len(terms) > best[0]:
                            new = variable("count", 64, secret=t.secret)
                            best = len(terms), t, (new - count + Bits(64, t)).value
                        break
        return None if best is None else Substitution({best[1]: best[2]})

    def expanded(self, v: Value) -> Value:
        """The value with what sizes and kept candidates of blocks stand for."""
        return Substitution(self._stands_for)(v) if isinstance(v, Term) and self._stands_for else v

    def facts(self, *values: Value) -> list[Value]:
        """What the definition says of the terms that values are made of: one-bit values that are 1.

        Terms A(i, k) in them are still to be unfolded.
        """
        found: list[Value] = []
        accepted: dict[tuple[Value, Value], Bits] = {}
        blocks: dict[Value, Bits] = {}
        for t in below(*values):
            if isinstance(t, App) and t.name == f"{self.name}[]":
                accepted[t.args[0], t.args[1]] = Bits(self.width, t)
            elif t in self._stands_for and isinstance(t, App) and t.name.startswith(f"{self.name}.kept."):
                blocks[t.args[0]] = Bits(64, t.args[0])
        for i in blocks.values():
            size, kept, _ = self.block_terms(i)
            found.append((size <= self.group).bit.value)
            found += [(size <= at).implies(word == 0).bit.value for at, word in enumerate(kept)]
        # What follows the last of these blocks is an index that the claim may be about, too.
        ends = [i + 1 for i in blocks.values() if _interned(i + 1) not in blocks]
        if self.group <= FEW:
            ends += [Bits(64, t) for t in self.counted]
        for k in {k for _, k in accepted}:
            for i in ends:
                accepted.setdefault((_interned(i), k), self.accepted_term(i, Bits(64, k)))
        return found + list(self._order_of(accepted))

    def _order_of(self, accepted: dict[tuple[Value, Value], Bits]) -> Iterator[Value]:
        """What holds of A(i, k) for these i and k: of each by itself, and of two with the same k."""
        known: list[tuple[Bits, Value, Bits, Bits]] = []
        for (i_value, k_value), value in accepted.items():
            i, k = Bits(64, i_value), Bits(64, k_value)
            count = self._p._fold_at(self.counts, i)[0]
            yield (i <= BLOCKS).implies(count <= MOST * BLOCKS).bit.value
            yield ((i <= BLOCKS) & (k >= count)).implies(value == 0).bit.value
            for j, other_k, less, other in known:
                if other_k is k_value or other_k == k_value:
                    yield ((i <= j) & (j <= BLOCKS) & (k < count)).implies(value == other).bit.value
                    yield ((j <= i) & (i <= BLOCKS) & (k < less)).implies(value == other).bit.value
                    yield from self.order_facts(i, count, j, less)
            known.append((i, k_value, count, value))


def _interned(b: Bits) -> Value:
    return b.value if isinstance(b.value, int) else intern(b.value)


def n_bits(n: int) -> int:
    """The bits of a number from 0 to n."""
    return n.bit_length()
