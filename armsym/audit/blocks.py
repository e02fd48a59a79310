"""Buffers claimed block by block, where a path ends: for the number of any block that was known, and the new ones.

Block j of a region is said to be f(j) for all j < upto, and after these all is as on entry.  That is shown of

- any block j that was known before, where j is an input of which only that is known: no store since then may meet it;
- each block that is claimed beyond those: what is loaded from it now;
- what lies after the last one claimed: nothing there was stored to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from armsym.audit.bundle import Blocks
from armsym.audit.facts import Facts, bits
from armsym.audit.farkas import Form, plus, times
from armsym.audit.ground import Ground
from armsym.audit.indices import settled
from armsym.audit.instance import Instance, RefusedValue, form_node
from armsym.audit.raw import ones
from armsym.audit.state import State
from armsym.audit.sums import equal_sums
from armsym.audit.words import Words

__all__ = ["Blocked", "turned"]

#: The values of a claim on a path, for a block whose number is that node; or of what is said of no block.
Maker: TypeAlias = "Callable[[Facts, int | None], Instance]"

#: A path makes at most so many blocks known.
MOST_BLOCKS = 1024


class Blocked(Ground):
    """Claims about buffers of any length."""

    def blocks(self, state: State, claim: Blocks, maker: Maker, where: str) -> None:
        """Show that a region holds what is claimed of it; raises `RefusedValue` or `RefusedAccess`."""
        facts, held, size = state.facts, state.memory.held[claim.region], claim.size
        if held.under != f"mem.{claim.region}":
            raise RefusedValue(f"nothing says what a loop stored to {claim.region}, {where}")
        upto = facts.integer(maker(facts, None)(claim.upto))
        end = times(upto, size)
        self._follows(
            facts, plus(self.inputs.size(claim.region), end, -1), f"the blocks lie in {claim.region}, {where}"
        )
        start: Form = (0, {}) if held.filled is None else held.filled.upto
        new = self._new_blocks(facts, plus(upto, start, -1))
        if new is None and held.filled is None:
            start, new = upto, 0  # any number of them, each as it was on entry
        if new is None:
            raise RefusedValue(f"{upto} blocks of {claim.region} are claimed where {start} are known, {where}")
        if held.filled is not None:
            # (Else bytes that are claimed to be as on entry might lie in a block that is known, of another size.)
            known_end = times(start, held.filled.size)
            self._follows(facts, plus(end, known_end, -1), f"the blocks known of {claim.region} are claimed, {where}")
        if start != (0, {}):
            known = state.fork()
            j = self.words.program.var("block", ones(64))
            known.facts.add(plus(start, (-1, {j: -1})))
            known.within(claim.region, (0, {j: size}), size, "claim")
            made = self._numbered(known, maker, (0, {j: 1}))
            self._block(known, claim, (0, {j: 1}), made, f"any block known before, {where}")
            self.count("buffers shown for any block")
        if new:
            state.within(claim.region, times(start, size), new * size, "claim")
        before: Instance | None = None
        for q in range(new):
            number = plus(start, (q, {}))
            made = self._numbered(state, maker, number)
            if before is not None:
                made.follow(before, "block", self._users(claim.words))
            self._block(state, claim, number, made, f"new block {q}, {where}")
            self.count("new blocks of buffers")
            before = made
        for part, data in held.layers:
            if data:
                last = plus(facts.lifted((0, dict(part))), (max(data) + 1, {}))
                self._follows(
                    facts, plus(end, last, -1), f"nothing after the blocks of {claim.region} is stored to, {where}"
                )

    def _new_blocks(self, facts: Facts, more: Form) -> int | None:
        """The number that a form is, if it is one up to the most."""
        if not more[1]:
            return more[0] if 0 <= more[0] <= MOST_BLOCKS else None
        if not facts.shows(more):
            return None
        low, high = 0, MOST_BLOCKS + 1
        while low < high:  # the least number that it is at most
            n = (low + high) // 2
            low, high = (low, n) if facts.shows(plus((n, {}), more, -1)) else (n + 1, high)
        return low if low <= MOST_BLOCKS and self._least(facts, more, low) else None

    @staticmethod
    def _least(facts: Facts, more: Form, n: int) -> bool:
        return facts.shows(plus(more, (-n, {})))

    def _numbered(self, state: State, maker: Maker, number: Form) -> Instance:
        """What is claimed of a block of that number."""
        made = maker(state.facts, form_node(self.words, number))
        made.settle = self._settled
        return made

    def _block(self, state: State, claim: Blocks, number: Form, made: Instance, what: str) -> None:
        """The words of one block, which lies in the region, are those claimed."""
        for k, word in enumerate(self._all(made, claim.words)):
            offset = plus(times(number, claim.size), (k * claim.word, {}))
            found = state.memory.load(state.facts, claim.region, offset, claim.word)
            if claim.order == "big":
                found = turned(self.words, found, claim.word)
            self._claim(state, found, word, f"word {k} of {claim.region}, {what}")

    def _settled(self, node: int) -> int:
        """What a quotient or remainder of a public number is, where that is found.

        That it is equal the checker has to show, for all values: on other paths, too, it stands for that node.
        """
        found = node if self.secret(node) else settled(self.words, node)
        if found != node:
            self.claims.setdefault((node, found), f"part {found} of a block's number")
        return found

    def _follows(self, facts: Facts, form: Form, what: str) -> None:
        if not facts.shows(form):
            raise RefusedValue(f"{what}: {form} is not shown to be at least 0")

    def _claim(self, state: State, found: int, claimed: int, what: str) -> None:
        """Two values are equal: by the facts, else the checker has to show it."""
        self.count("values compared")
        if found == claimed:
            return
        if bits(self.words, found) <= ones(64) and bits(self.words, claimed) <= ones(64):
            same = plus(state.facts.linear(found), state.facts.linear(claimed), -1)
            if not same[0] & ones(64) and not any(k & ones(64) for k in same[1].values()):
                # (Else it takes what numbers of the contract are on this path.)
                if equal_sums(self.words.program, found, claimed):
                    self.same.add((found, claimed))
                return
            if not self.secret(found) and not self.secret(claimed):
                numbers = state.facts.integer(found), state.facts.integer(claimed)
                if numbers[0] == numbers[1] or state.facts.is_zero(plus(*numbers, -1)):
                    return
            if state.facts.same(found, claimed):
                return
        if self._of_equal_numbers(state.facts, found, claimed):
            return
        found, claimed = self.put(state, found), self.put(state, claimed)
        if found != claimed:
            self.claims.setdefault((found, claimed), what)

    def _of_equal_numbers(self, facts: Facts, found: int, claimed: int) -> bool:
        """Whether both are one function of a public number each, which the facts show to be the same."""
        one, other = self.words.program[found], self.words.program[claimed]
        if not one[0] == other[0] == "App" or (one[1], one[3]) != (other[1], other[3]) or len(one[2]) != 1:
            return False
        (a,), (b,) = one[2], other[2]
        if self.secret(a) or self.secret(b) or (bits(self.words, a) | bits(self.words, b)) > ones(64):
            return False
        return facts.is_zero(plus(facts.integer(a), facts.integer(b), -1))


def turned(w: Words, word: int, size: int) -> int:
    """The bytes of a word in the opposite order."""
    return w.joined(8, [w.bits(word, 8 * (size - 1 - k), 8) for k in range(size)])
