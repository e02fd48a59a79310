"""From a raw program, facts and claims to a certificate that `armsym.audit.check` accepts.  Untrusted.

Work that needs no fact is done once for all sets of facts of one program: a set of facts starts from it, and looks
again only at what comes after the instructions that its facts are about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from armsym.audit.hints import Certificate, Part
from armsym.audit.raw import Program
from armsym.certify.cones import cone, operands
from armsym.certify.factors import FIELD
from armsym.certify.landmarks import Meetings, learn, meet
from armsym.certify.layer import Layer

__all__ = ["Elaborator", "Order", "elaborate"]

#: The fewest bits of a narrow sum, and whether an OR is 0 is told by its bytes.
Strategy: TypeAlias = tuple[int, bool]

#: Claims that the first leaves open are tried by the next.
STRATEGIES: tuple[Strategy, ...] = ((32, False), (8, False), (32, True))
#: The fewest bits of a narrow sum in code that takes single bytes of counters.
_BYTES = 8

#: What folds come to is looked for where they take so many steps, and else not at all.
_STEPS = 4
#: It is looked for first where forms have more terms than this without, an instruction.
_TERMS = 24

Claim = tuple[int, int]


def _shown(layer: Layer, claims: Sequence[Claim]) -> Iterator[list[Claim]]:
    """Those claims that can be shown, in lists that hold together after the hints found till then.

    What shows one claim may replace the form that showed another: that is then shown again, after it.
    """
    rest = list(claims)
    while rest:
        found = [c for c in rest if layer.equal(*c)]
        held = [c for c in found if layer.checker.same(*c)]
        if not held:
            return
        yield held
        lost = set(found) - set(held)
        rest = [c for c in rest if c in lost]


@dataclass
class Order:
    """In which order strategies are tried at one cut after another: code of one proof is mostly of one kind.

    What the first of them leaves open it has looked through in vain, and the hints that led it there stay.
    """

    strategies: tuple[Strategy, ...] = STRATEGIES
    #: Whether what folds come to is looked for only where claims are left without.
    plain: bool = True

    def learn(self, shown: Mapping[Strategy, int]) -> None:
        """From now on the one that showed most claims comes first; of equals, the one that came before."""
        best = max(self.strategies, key=lambda s: shown.get(s, 0))
        self.strategies = (best, *(s for s in self.strategies if s != best))


class _Base:
    """What one strategy knows without any fact, and the part that its hints are in."""

    def __init__(self, program: Program, narrow: int, parts: list[Part], *, parted: bool = False) -> None:
        self.program, self.strategy = program, (narrow, parted)
        self.layer = Layer(program, narrow, parted=parted)
        self.parts = parts
        self.number = 0
        self.written = 0

    def _write(self) -> None:
        """Puts the hints that were found since in a part."""
        hints = self.layer.hints[self.written :]
        if hints:
            self.written = len(self.layer.hints)
            self.parts.append(Part(hints=hints, start=self.number))
            self.number = len(self.parts)

    def _after(self, members: Sequence[int], given: Mapping[int, int]) -> set[int]:
        """Those members that the facts may change: what they are about, its equals, and what is made of these."""
        layer = self.layer
        about = {layer.equals[layer.keys[i]] for i in given if i in layer.keys} | set(given)
        for i in given:  # an XOR with a number tells of the other operand
            about.update(a for mono in layer.checker.poly.get(i, (0, {}))[1] for a, _ in mono)
        same = {layer.keys[i] for i in about if i in layer.keys}
        out: set[int] = set()
        for i in members:
            if i in about or layer.keys.get(i) in same or not out.isdisjoint(operands(self.program[i])):
                out.add(i)
        return out

    def is_small(self, claims: Sequence[Claim]) -> bool:
        """Whether the forms of what is claimed have few terms, without any fact."""
        members, terms = cone(self.program, [i for claim in claims for i in claim]), 0
        for i in members:
            self.layer.process(i)
            terms += len(self.layer.checker.poly.get(i, (0, ()))[1])
            if terms > _TERMS * len(members):
                return False
        return True

    def close(self, given: Mapping[int, int], claims: Sequence[Claim]) -> list[Claim]:
        """Adds parts that show what can be shown; the claims that are left."""
        layer = self.layer
        about = cone(self.program, given)
        for i in about:
            layer.process(i)
        members = cone(self.program, [*given, *(i for claim in claims for i in claim)])
        after = self._after(members, given) if given else set[int]()
        while True:
            for i in members:
                if i not in after:
                    layer.process(i)
            more = self._after(members, given) if given else after
            if more <= after:
                break
            after |= more
        plain = [c for c in claims if after.isdisjoint(c)]
        shown: set[Claim] = set()
        for part in _shown(layer, plain):
            shown.update(part)
            self._write()
            if self.number == 0 or self.parts[self.number - 1].claims:
                self.parts.append(Part(start=self.number))
                self.number = len(self.parts)
            self.parts[self.number - 1].claims.extend(part)
        rest = [c for c in claims if c not in shown]
        if not given or not rest:
            return rest
        self._write()
        own = layer.continued(given, after)
        self._learn(own, about, given)
        for i in members:
            own.process(i)
        start, written = self.number, 0
        for part in _shown(own, rest):
            shown.update(part)
            self.parts.append(Part(dict(given), own.hints[written:], part, start))
            start, written = len(self.parts), len(own.hints)
        return [c for c in rest if c not in shown]

    def _learn(self, own: Layer, about: Sequence[int], given: Mapping[int, int]) -> None:
        """Facts first, so that equal applications are found to have the numbers that the facts tell."""
        for i in about:
            own.process(i)
        for i in given:
            own.solve(i)


#: A base, and what functions come to step by step, to be looked for.
_Looking: TypeAlias = tuple[_Base, Sequence[tuple[int, ...]]]

#: No product that is named.
NONE_MET = Meetings({}, set())


class Elaborator:
    """Closes claims of one program, that grows by the instructions which hints need."""

    def __init__(
        self,
        program: Program,
        order: Order | None = None,
        landmarks: Sequence[tuple[int, ...]] = (),
        steps: Sequence[tuple[int, ...]] = (),
    ) -> None:
        self.program = program
        self.own = len(program)
        self._steps = [n for step in steps for n in step]
        self.parts: list[Part] = []
        self._order, self._landmarks = order or Order(), landmarks
        self._bases = self._afresh()
        #: How many claims each strategy showed, without what folds come to.
        self._shown = Counter[Strategy]()
        # (Products of GCM's field are met otherwise: `Meetings`.)
        self._by_steps: _Looking | None = None
        if len(steps) >= _STEPS and not any(program[n][:2] == ("App", FIELD) for n in self._steps):
            self._by_steps = _Base(program, STRATEGIES[0][0], self.parts), [*landmarks, *steps]

    def _afresh(self) -> list[_Looking]:
        """Bases that know nothing yet, each with what to look for."""
        made = (_Base(self.program, narrow, self.parts, parted=parted) for narrow, parted in self._order.strategies)
        return [(base, self._landmarks) for base in made]

    def close(self, given: Mapping[int, int], claims: Iterable[Claim]) -> list[Claim]:
        """Claims pairs of instructions equal under facts (instruction: number); those that stay open.

        Raises ValueError of a fact or claim about no instruction of the program.
        """
        rest = list(dict.fromkeys(claims))
        for i in (*given, *(i for claim in rest for i in claim)):
            if not 0 < i < len(self.program):
                raise ValueError(f"a claim or fact is about instruction {i} of 1 to {len(self.program) - 1}")
        meetings = Meetings.of(self.program, self._steps, rest)
        bases = list(self._bases)
        if self._by_steps:
            first = bases[0][0]
            plain = self._order.plain and not self._landmarks and first.is_small(rest)
            if plain:
                rest = first.close(given, rest)
            self._order.plain = plain and not rest
            bases.insert(0, self._by_steps)
        if meetings.after:  # of counters single bytes are taken, and much is tried in vain first
            bases.sort(key=lambda looking: looking[0].strategy[0] != _BYTES)
        for (base, landmarks), met in self._tries(bases, meetings):
            before = len(rest)
            if rest:
                learn(base.layer, landmarks, [i for claim in rest for i in claim])
                late = [claim for claim in rest if claim in met.after]
                rest = base.close(given, [claim for claim in rest if claim not in met.after])
                if late:
                    meet(base.layer, met)
                    rest += base.close(given, late)
            if landmarks is self._landmarks:
                self._shown[base.strategy] += before - len(rest)
        self._order.learn(self._shown)
        return rest

    def _tries(self, bases: Sequence[_Looking], meetings: Meetings) -> Iterator[tuple[_Looking, Meetings]]:
        """What is tried one after the other, and which products are named on the way."""
        yield from ((looking, meetings) for looking in bases)
        if meetings.after:
            # Names may keep from being shown what would be without them: GHASH of several blocks at a time.
            yield from ((looking, NONE_MET) for looking in self._afresh())

    def certificate(self) -> Certificate:
        """All that was shown."""
        return Certificate(self.program, self.parts, self.own)


def elaborate(
    program: Program,
    given: Mapping[int, int],
    claims: Iterable[Claim],
    landmarks: Sequence[tuple[int, ...]] = (),
    steps: Sequence[tuple[int, ...]] = (),
    order: Order | None = None,
) -> tuple[Certificate, list[Claim]]:
    """A certificate of those claims that could be shown under the facts, and the claims left open.

    `landmarks` are what functions come to step by step, `steps` what folds do; `order` learns from what was shown.
    `program` grows; `certificate.own` is the first instruction that was not there before.
    """
    elaborator = Elaborator(program, order, landmarks, steps)
    rest = elaborator.close(given, claims)
    return elaborator.certificate(), rest
