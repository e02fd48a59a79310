"""Why a mutant of a routine may be proved: a shown reason that it still computes the same.

A flipped bit can be harmless.  A proved mutant is *equivalent* only for one of the reasons below; else it is
*unjustified*, and a failure of the prover until a person shows otherwise.  None of them uses the proof engine: no
path it followed, no invariant, no fact it derived, no concrete run.

dead code        `dataflow` shows that the word is reached from no state that meets the precondition
same effect      both words, run on fresh symbols, do the same to registers, flags, memory, time and PC; Unicorn agrees
                 with the semantics of both
dead difference  what the two words make different is bytes of registers, flags, or bytes stored on the stack that
                 `liveness` over the whole routine shows to be used by nothing afterwards
same step        in whatever state control comes to the word, as far as `dataflow` knows it, both words lead to the
                 same state by the same accesses and go to the same place (NOPs on the way count for nothing)
same decision    the same, of words that differ in nothing but where control goes

A word that may be read as data has none of these reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product

from dataflow import Dataflow, Known, Node, Place
from effects import CONTROL, STORED_TO, Difference, UnknownMemory, compare, fresh_state, stores_of
from liveness import Liveness, mask_of

from armsym.bits import Bits, Prop
from armsym.conform.execute import check_execute_words
from armsym.elf import Image
from armsym.errors import ArmsymError
from armsym.isa import InstructionSet
from armsym.machine import Machine
from armsym.proof.concrete import ConcreteProof
from armsym.proof.declare import Proof
from armsym.proof.loops import Routine
from armsym.proof.symbolic import SymbolicProof
from armsym.stepper import Executable
from armsym.terms import new_table, var

__all__ = ["Justification", "Unjustified", "compare_words", "justify"]

ProofFn = Callable[[Proof], None]

_UNICORN_STATES = range(32)


@dataclass(frozen=True)
class Justification:
    """`reason` is one of the five above; `text` says in short what was shown."""

    reason: str
    text: str


class Unjustified(ArmsymError):
    """No reason was found; the text says how far each attempt came."""


def compare_words(isa: InstructionSet, first: int, second: int) -> Difference:
    """What the two words make different in any state; raises `ArmsymError` where that cannot be told."""
    new_table()
    return compare(isa.decode(first), isa.decode(second), fresh_state())


def justify(fn: ProofFn, original: Routine, mutant: Image, at: int) -> Justification:
    """Why the mutant, changed in the word at offset `at`, computes the same; raises `Unjustified`."""
    try:
        return _Judge(fn, original, original.image.word(at), mutant.word(at), at).reason()
    except Unjustified:
        raise
    except ArmsymError as e:
        raise Unjustified(f"the analysis stops: {e}") from e


@dataclass
class _Shown:
    """What one case of the proof shows: the places of the word, and what is different and dead there."""

    reached: int = 0
    difference: Difference = field(default_factory=Difference)
    #: Whether the difference is of any state, not only of those that come here.
    anywhere: bool = False


class _Judge:
    def __init__(self, fn: ProofFn, routine: Routine, word: int, other: int, at: int) -> None:
        self.fn, self.routine, self.word, self.other, self.at = fn, routine, word, other, at

    def reason(self) -> Justification:
        shown = list(self._cases())
        cases = f" in each of {len(shown)} cases" if len(shown) > 1 else ""
        reached = sum(s.reached for s in shown)
        if not reached:
            return Justification("dead code", f"no state that meets the precondition leads to the word{cases}")
        live = [s for s in shown if s.reached]
        total = Difference()
        for s in live:
            total.add(s.difference)
        places = f"{reached} places of the word (a place is an offset and the calls that lead to it)"
        if all(s.anywhere for s in live) and not total:
            return Justification("same effect", f"on any state both words do the same; {self._unicorn()}")
        if total:
            text = f"they differ in {total}, which nothing uses afterwards, at {places}{cases}"
            return Justification("dead difference", text)
        reason = "same decision" if self._only_control() else "same step"
        return Justification(reason, f"from whatever state comes there both lead to the same, at {places}{cases}")

    def _cases(self) -> Iterator[_Shown]:
        for chosen in self._choices():
            new_table()
            flow = Dataflow(self._declared(chosen))
            self._not_data(flow)
            nodes = flow.nodes_at(self.at)
            if not nodes:
                yield _Shown()
                continue
            (first, _), (second, _) = flow.executable(self.word, self.at), flow.executable(self.other, self.at)
            why = []
            d = compare(first, second, fresh_state())
            if not d:
                yield _Shown(len(nodes), d, anywhere=True)
                continue
            if not d.other:
                text = self._used(flow, nodes, d)
                if not text:
                    yield _Shown(len(nodes), d, anywhere=True)
                    continue
                why.append(f"in any state: {text}")
            else:
                why.append(f"in any state they differ in {d}")
            d, text = self._in_states(self._declared(chosen), first, second)
            if text:
                raise Unjustified("; ".join([*why, f"in the states that come there: {text}"]))
            yield _Shown(len(nodes), d)

    def _choices(self) -> Iterator[dict[str, int]]:
        """Every combination of the alternatives that the proof declares."""
        p = ConcreteProof(self.routine, 0, 0, 0)
        self.fn(p)
        for values in product(*p._d.choices.values()):
            yield dict(zip(p._d.choices, values, strict=True))

    def _declared(self, chosen: dict[str, int]) -> SymbolicProof:
        """What the proof declares for one alternative of each choice."""
        p = SymbolicProof(self.routine, chosen=chosen)
        self.fn(p)
        return p

    def _not_data(self, flow: Dataflow) -> None:
        """Raise `Unjustified` if the word may be loaded."""
        for node, step in flow.steps.items():
            for p in step.places:
                if not p.store and self._may_meet(p):
                    raise Unjustified(f"the load at {node[1]:#x} may read the word as data")

    def _may_meet(self, p: Place) -> bool:
        if p.kind != "image":
            return p.kind == "unknown"
        if p.offset is not None:
            return p.offset < self.at + 4 and self.at < p.offset + p.size
        if p.high:
            return p.low < self.at + 4 and self.at < p.high
        # A table is walked through: it is taken to be no part of the symbol that the word belongs to.
        symbol = [self.routine.image.symbolize(k).partition("+")[0] for k in (p.low, self.at)]
        return symbol[0] == symbol[1]

    def _used(self, flow: Dataflow, nodes: list[Node], d: Difference, *, spoiled: bool = False) -> str:
        """What of a difference may be used after the word, in words; empty if nothing.

        Where the flow is `spoiled` by it, a branch that is decided all the same does not use it.
        """
        liveness = Liveness(flow, decided=spoiled)
        mask = mask_of(d)
        for node in nodes:
            if mask & liveness.after[node]:
                return f"they differ in {d}, of which something may be used later"
            stores = [p for p in flow.steps[node].places if p.store]
            places = [(stores[n], k) for n, k in d.stores]
            if any(liveness.live_stack(node, p, k) for p, k in places) or any(
                liveness.used_stack(node, k) for k in d.stack
            ):
                return f"they differ in {d}, and what is stored may be used later"
        return ""

    def _in_states(self, p: SymbolicProof, first: Executable, second: Executable) -> tuple[Difference, str]:
        """What the words make different in the states that come to them; and why that matters, or empty.

        The states are those of the original and of the mutant: all that differs after the word, here or in an earlier
        round of a loop, is taken for unknown, until no more differs.
        """
        total = Difference()
        for _ in range(8):
            spoiled = {**total.bits, **{("stack", k): 0xFF for k in total.stack}}
            flow = Dataflow(p, at=self.at, spoiled=spoiled)
            nodes = flow.nodes_at(self.at)
            more = False
            for node in nodes:
                d = self._at_node(flow, node, first, second)
                if d.other:
                    return d, f"they differ in {d}"
                more |= total.add(d)
            if not more:
                return total, self._used(flow, nodes, total, spoiled=True) if total else ""
        return total, "no end to what differs"

    def _at_node(self, flow: Dataflow, node: Node, first: Executable, second: Executable) -> Difference:
        known = flow.states[node]
        v = [Bits(128, var(f"v{n}", 128)) for n in range(32)]
        pc = flow.p.places.of(self.at)
        m = Machine(x=known.x, sp=known.sp, v=v, nzcv=known.flags, pc=pc, memory=UnknownMemory())
        m.dit = flow.p.dit0

        def decide(claim: Prop) -> bool:
            return flow.shown(known, claim)

        to = [self._to(flow, known, i, m) for i in (first, second)]
        d = compare(first, second, m, decide=decide, same_place=to[0] is not None and to[0] == to[1])
        if d.stores or d.other == [STORED_TO]:
            d = self._on_stack(flow, known, first, second, m, d)
        return d

    def _on_stack(
        self, flow: Dataflow, known: Known, first: Executable, second: Executable, start: Machine, d: Difference
    ) -> Difference:
        """The same difference by bytes of the stack, if what differs of stores is all on it, and not below SP."""
        sp, _ = flow.place(known.sp, 0, store=True)
        found: set[int] = set()
        for i in (first, second):
            for n, (address, value) in enumerate(stores_of(i, start)):
                if not d.other and all(which != n for which, _ in d.stores):
                    continue
                place, _ = flow.place(address, value.width // 8, store=True)
                if place.kind != "stack" or place.offset is None or sp.offset is None or place.offset < sp.offset:
                    return Difference(d.bits, d.stores, {*d.stack}, [*d.other, "what is stored"])
                found |= set(range(place.offset, place.offset + place.size))
        return Difference(d.bits, set(), found)

    def _to(self, flow: Dataflow, known: Known, i: Executable, start: Machine) -> tuple[int, ...] | None:
        """Where an instruction goes, if that is one place or none of it depends on anything."""
        v, flags = start.v[:], start.nzcv.fork()
        m = Machine(x=start.x[:], sp=start.sp, v=v, nzcv=flags, pc=start.pc, memory=UnknownMemory())
        m.dit = start.dit
        try:
            i.execute(m)
        except ArmsymError:
            return None
        if m.branch_target is None:
            return (flow.after_nops(self.at + 4),)
        target = flow.offset_of(m.branch_target)
        if target is None:
            return None
        found = flow.goes(known, target, m.branch_condition, self.at + 4)
        return found if len(found) == 1 else None

    def _only_control(self) -> bool:
        try:
            d = compare_words(self.routine.isa, self.word, self.other)
        except ArmsymError:
            return False
        return d.other == [CONTROL] and not d.bits and not d.stores

    def _unicorn(self) -> str:
        """That Unicorn does what the semantics of both words say; raises `Unjustified` if not."""
        isa = self.routine.isa
        r = check_execute_words(isa, [self.word, self.other], seed=1, states=_UNICORN_STATES)
        if not r.ok:
            raise Unjustified(f"Unicorn does not agree with the semantics: {r.mismatches[0]}")
        if not r.evidence:
            return f"Unicorn has no opinion ({', '.join(r.skipped)})"
        return f"Unicorn agrees with the semantics of both on {r.compared} states"
