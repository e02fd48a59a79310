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
from armsym.audit.instance import Instance, RefusedValue, form_node
from armsym.audit.raw import ones
from armsym.audit.state import State
from armsym.audit.words import Words

__all__ = ["Blocked", "turned"]

#: The values of a claim on a path, for a block whose number is that node; or of what is said of no block.
Maker: TypeAlias = "Callable[[Facts, int | None], Instance]"

#: A path makes at most so many blocks known.
MOST_BLOCKS = 64


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
            self._block(known, claim, (0, {j: 1}), maker, f"any block known before, {where}")
            self.count("buffers shown for any block")
        for q in range(new):
            self._block(state, claim, plus(start, (q, {})), maker, f"new block {q}, {where}")
            self.count("new blocks of buffers")
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
        return next(
            (n for n in range(MOST_BLOCKS + 1) if facts.shows(plus((n, {}), more, -1)) and self._least(facts, more, n)),
            None,
        )

    @staticmethod
    def _least(facts: Facts, more: Form, n: int) -> bool:
        return facts.shows(plus(more, (-n, {})))

    def _block(self, state: State, claim: Blocks, number: Form, maker: Maker, what: str) -> None:
        """The words of one block are those claimed."""
        facts, w = state.facts, self.words
        claimed = self._all(maker(facts, form_node(w, number)), claim.words)
        for k, word in enumerate(claimed):
            offset = plus(times(number, claim.size), (k * claim.word, {}))
            state.within(claim.region, offset, claim.word, "claim")
            found = state.memory.load(facts, claim.region, offset, claim.word)
            if claim.order == "big":
                found = turned(w, found, claim.word)
            self._claim(state, found, word, f"word {k} of {claim.region}, {what}")

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
                return
            if not self.secret(found) and state.facts.integer(found) == state.facts.integer(claimed):
                return
        found, claimed = self.put(state, found), self.put(state, claimed)
        if found != claimed:
            self.claims.setdefault((found, claimed), what)


def turned(w: Words, word: int, size: int) -> int:
    """The bytes of a word in the opposite order."""
    return w.joined(8, [w.bits(word, 8 * (size - 1 - k), 8) for k in range(size)])
