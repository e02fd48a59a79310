"""One path of a symbolic run: a machine, and what is known on the way to it."""

from __future__ import annotations

import time

from armsym.bits import Bits, Prop
from armsym.discharge.along import Along
from armsym.discharge.integers import Integers
from armsym.discharge.recheck import Answer
from armsym.discharge.smtlib import script
from armsym.discharge.z3_bridge import Outcome, Solver
from armsym.integers.expression import Relation
from armsym.machine import NZCV, Machine
from armsym.proof.calls import Calls
from armsym.proof.folds import FoldValues
from armsym.proof.handles import Fold
from armsym.proof.hints import Unknowns
from armsym.proof.profile import asked, place
from armsym.proof.why import Noticed, TurnKind
from armsym.proof.witnesses import Witnesses
from armsym.symbolic_memory import SymbolicMemory
from armsym.terms import ops
from armsym.terms.evaluate import Occurrences, Substitution, free_terms
from armsym.terms.linear import linear_view
from armsym.terms.node import App, Op, Term, Value, Var, intern, ones
from armsym.terms.walk import size

__all__ = ["Knowledge", "NeedSplit", "Path", "memory_of"]

#: Conditions on secrets of more terms than this are not decided: they would take the solver long,
#: and a branch on one fails the constant-time obligation anyway.
SECRET_LIMIT = 60

#: How long the linear arithmetic of public conditions may take before bit vectors are tried.
INTEGERS_MS = 2000
#: How much of it the solver may take that paths share: what it cannot tell a new one is asked.
FIRST_MS = 500


class Knowledge:
    """Facts (one-bit values that are 1), and what follows from them.

    Answers are cached: a conclusion stays true when facts are added; ignorance is asked again.  What Z3 says
    follows is noted in `answers`, if there is such a list; forks note it in the same.
    """

    def __init__(
        self,
        facts: list[Value] | None = None,
        timeout_ms: int = 6000,
        answers: list[Answer] | None = None,
        along: Along | None = None,
    ) -> None:
        self.facts: list[Value] = list(facts or [])
        self.timeout_ms = timeout_ms
        self._answers = answers
        self._solver: Solver | None = None
        self._sent = 0
        self._integers: Integers | None = None
        #: The solver that is asked first, which this knowledge shares with its forks.
        self._along = along or Along()
        self._told = 0
        self._known: dict[int, tuple[Term, int]] = {}
        self._unknown: dict[int, int] = {}
        #: Term id -> the term (to keep it), its only value if there is one, and how many facts were asked.
        self._fixed: dict[int, tuple[Term, int | None, int]] = {}
        self._mentioned: set[int] = set()
        self._read = 0
        self._witnesses = Witnesses(self.facts)
        for f in self.facts:
            self._note(f)

    def fork(self) -> Knowledge:
        """A copy that can learn other facts; the solver is made anew when it is needed."""
        k = Knowledge(timeout_ms=self.timeout_ms, answers=self._answers, along=self._along)
        k.facts = self.facts[:]
        k._witnesses = self._witnesses.fork(k.facts)
        k._known = self._known.copy()
        k._fixed = {i: f for i, f in self._fixed.items() if f[1] is not None}
        return k

    def with_facts(self, facts: list[Value]) -> Knowledge:
        """These facts alone; what follows from them is noted where this knowledge notes it."""
        return Knowledge(facts, self.timeout_ms, self._answers, Along(self._along.translated))

    def _note(self, fact: Value) -> None:
        if isinstance(fact, Term):
            t = intern(fact)
            self._known[t.id] = (t, 1)
            n = ops.xor(1, t, 1)
            if isinstance(n, Term):
                n = intern(n)
                self._known[n.id] = (n, 0)

    def add(self, fact: Value) -> None:
        """Assume a one-bit value to be 1."""
        if isinstance(fact, int) and fact:
            return
        self.facts.append(fact)
        self._note(fact)

    def note(self, fact: Value) -> None:
        """Add what holds anyway, unless it is known."""
        if isinstance(fact, int):
            assert fact, "a fact that does not hold"
        elif self._known.get(intern(fact).id, (None, 0))[1] != 1:
            self.add(fact)

    def said(self, c: Term) -> int | None:
        """1 or 0 where a fact is just this, or was found to say so before."""
        known = self._known.get(intern(c).id)
        return None if known is None else known[1]

    def mentions(self, v: Var) -> bool:
        """Whether a fact speaks of the variable."""
        for f in self.facts[self._read :]:
            self._mentioned |= {t.id for t in free_terms(f)}
        self._read = len(self.facts)
        return v.id in self._mentioned

    def constant(self, t: Term) -> int | None:
        """The number a sum is, if facts say in as many words what each summand is."""
        t = intern(t)
        terms, value = linear_view(t)
        for u, c in terms.items():
            known = self._said(u)
            if known is None:
                return self._said(t)
            value += c * known
        return value & ones(t.width)

    def _said(self, t: Term) -> int | None:
        for f in self.facts:
            if isinstance(f, Op) and f.kind == "eq" and f.args[0] is t and isinstance(f.args[1], int):
                return f.args[1]
        return None

    def fixed(self, v: Bits) -> int | None:
        """The one number that a public value is wherever the facts hold, if linear arithmetic finds it."""
        t = v.value
        if isinstance(t, int):
            return t
        if ops.is_secret(t):
            return None
        t = intern(t)
        known = self._fixed.get(t.id)
        if known is None or (known[1] is None and known[2] != len(self.facts)):
            found = self._constant(t, v.width)
            known = self._fixed[t.id] = (t, found, len(self.facts))
            if found is not None:
                self._note_answer(t, found, v.width, "integers")
        return known[1]

    def _constant(self, t: Term, width: int) -> int | None:
        said = self._equated(t)
        if said is not None:
            return said
        seen = self._witnesses.values(t)
        if len(seen) > 1:
            return None
        wanted, met = next(iter(seen), None), self._witnesses.add
        shared = self._along.of(self.facts)
        found, known = shared.constant_or_not(t, width, FIRST_MS, wanted=wanted, met=met)
        return found if known else self._linear().constant_or_not(t, width, INTEGERS_MS, wanted=wanted, met=met)[0]

    def _equated(self, t: Term) -> int | None:
        """The number that a sum is where a fact is an equation of just its summands, or of all of them negated."""
        terms, const = linear_view(t)
        mask = ones(t.width)
        for f in reversed(self.facts):
            if not (isinstance(f, Op) and f.kind == "eq" and f.arg_width == t.width):
                continue
            left, number = f.args
            if not isinstance(left, Term) or not isinstance(number, int):
                continue
            summands, k = linear_view(left)
            if len(summands) != len(terms):
                continue
            if all(summands.get(u) == c for u, c in terms.items()):
                return number - k + const & mask
            if all(summands.get(u) == -c & mask for u, c in terms.items()):
                return k - number + const & mask
        return None

    def solver(self) -> Solver:
        """Z3 with all facts so far."""
        if self._solver is None:
            self._solver, self._sent = Solver(), 0
        for f in self.facts[self._sent :]:
            self._solver.add(f)
        self._sent = len(self.facts)
        return self._solver

    def _by_integers(self, claim: Term, timeout_ms: int) -> Outcome:
        """What linear arithmetic says; of secrets only where little is asked: most is about data."""
        if ops.is_secret(claim) and size(claim) > SECRET_LIMIT:
            return Outcome(None)
        return self._follows(claim, timeout_ms)

    def _follows(self, claim: Term, timeout_ms: int) -> Outcome:
        """What linear arithmetic says of a claim: the shared solver, and where that cannot tell, one of its own."""
        limit = min(timeout_ms, INTEGERS_MS)
        out = self._along.of(self.facts).implies(claim, min(limit, FIRST_MS))
        return self._linear().implies(claim, limit) if out.holds is None else out

    def _linear(self) -> Integers:
        """Linear arithmetic with all facts so far."""
        if self._integers is None:
            self._integers, self._told = Integers(self._along.translated), 0
        for f in self.facts[self._told :]:
            self._integers.add(f)
        self._told = len(self.facts)
        return self._integers

    def _implies(self, claim: Term, timeout_ms: int) -> Outcome:
        began = time.process_time()
        out, how = self._by_integers(claim, timeout_ms), "integers"
        if out.holds is None:
            out, how = self.solver().implies(claim, timeout_ms), "bit vectors"
        asked(time.process_time() - began, how, lambda: script(self.facts, claim, 1))
        if out.holds:
            self._note_answer(claim, 1, 1, how)
        if out.model is not None:
            self._witnesses.add(out.model)
        return out

    def equal(self, a: Bits, b: Bits, timeout_ms: int) -> bool:
        """Whether linear arithmetic shows that two public values are one number: neither is less than the other.

        The normal form of an equation joins both sides bit by bit, where it may not see the numbers any more.
        """
        for less in (a < b, b < a):
            claim = (~less).bit.value
            if isinstance(claim, int):
                if not claim:
                    return False
                continue
            if ops.is_secret(claim) or not self._follows(intern(claim), timeout_ms).holds:
                return False
            self._note_answer(intern(claim), 1, 1, "integers")
        return True

    def _note_answer(self, t: Term, value: int, width: int, how: str) -> None:
        if self._answers is not None:
            self._answers.append(Answer(tuple(self.facts), t, value, width, how, place()))

    def decide(self, c: Value) -> int | None:
        """1 or 0 when the facts decide a one-bit value, else None (also when the solver gives up)."""
        if isinstance(c, int):
            return c
        c = intern(c)
        known = self._known.get(c.id)
        if known is not None:
            return known[1]
        if self._unknown.get(c.id) == len(self.facts):
            return None
        if ops.is_secret(c) and size(c) > SECRET_LIMIT:
            return None
        for value, claim in ((1, c), (0, ops.xor(1, c, 1))):
            if self._witnesses.values(c) - {value}:
                continue
            if isinstance(claim, Term) and self._implies(intern(claim), self.timeout_ms).holds:
                self._known[c.id] = (c, value)
                return value
        self._unknown[c.id] = len(self.facts)
        return None

    def prove(self, claim: Value, timeout_ms: int) -> Outcome:
        """Whether the facts imply a one-bit value."""
        if isinstance(claim, int):
            return Outcome(bool(claim))
        known = self._known.get(intern(claim).id)
        if known is not None and known[1] == 1:
            return Outcome(True)
        return self._implies(intern(claim), timeout_ms)


def memory_of(m: Machine) -> SymbolicMemory:
    """The memory of a machine in a symbolic run."""
    assert isinstance(m.memory, SymbolicMemory)
    return m.memory


def _nobody(kind: str, value: Bits) -> None:
    raise AssertionError(f"a path that is over leaks a {kind}")


class NeedSplit(Exception):
    """An instruction chose by a public condition that the facts do not decide: follow it both ways."""

    def __init__(self, cond: Term) -> None:
        self.cond = cond


class Path:
    """A machine, and all that is known and was computed on the way to it: nothing of a path lies elsewhere."""

    __slots__ = (
        "arrivals",
        "at",
        "calls",
        "folds",
        "knowledge",
        "leaked",
        "machine",
        "occurring",
        "relations",
        "steps",
        "stepwise",
        "told_apart",
        "turns",
        "unknowns",
        "values",
    )

    def __init__(self, machine: Machine, knowledge: Knowledge, at: int, folds: FoldValues) -> None:
        """The machine's memory asks this path, and no other, from here on."""
        self.machine, self.knowledge, self.at, self.folds = machine, knowledge, at, folds
        memory = self.memory
        memory.decide, memory.fixed, memory.disjoint = self.decide, knowledge.fixed, self.disjoint
        memory.settled = self.settled
        #: Variables, and the values that were put in their places.
        self.values: dict[Term, Value] = {}
        #: In which terms each of them occurs, but for those that are written otherwise in few places only.
        self.occurring: dict[Term, Occurrences] = {}
        #: The place where the path has just become one of several, one for each value of a number.
        self.told_apart: int | None = None
        #: Instructions executed since the path started at the entry or at a loop head.
        self.steps = 0
        #: Arrivals at each cut since then, by the offset of the cut.
        self.arrivals: dict[int, int] = {}
        #: The iterated functions that claims on this path go through step by step.
        self.stepwise: set[Fold] = set()
        #: What is known of bit vectors as integers.
        self.relations: list[Relation] = []
        #: What leaked by the instruction being executed.
        self.leaked: list[Term] = []
        #: The calls made on the way that have not returned.
        self.calls = Calls()
        #: Where it could have gone another way, the last first.
        self.turns: Noticed | None = None
        #: Of which variables nothing is known but what claims say: for people.
        self.unknowns: Unknowns = {}

    @property
    def memory(self) -> SymbolicMemory:
        """The machine's memory."""
        return memory_of(self.machine)

    def put(self, n: Term, value: Value, occurs: Occurrences) -> None:
        """Write the value in place of a variable in registers and memory; facts must imply that they are equal.

        `occurs` tells the terms in which the variable occurs.
        """
        put, m = Substitution({n: value}, alone=lambda t: not occurs(t)), self.machine
        self.values = {t: put(v) for t, v in self.values.items()} | {n: value}
        self.occurring = self.occurring | {n: occurs}

        def new(b: Bits) -> Bits:
            return Bits(b.width, put(b.value))

        m.x, m.sp, m.v = [new(r) for r in m.x], new(m.sp), [new(r) for r in m.v]
        f = m.nzcv
        m.nzcv = NZCV.of(*(Prop._of(put(p.bit.value)) for p in (f.N, f.Z, f.C, f.V)))
        self.memory.rewrite(new)
        self.relations = [r for r in (r.map(new) for r in self.relations) if isinstance(r, Relation)]

    def _put_values(self) -> Substitution:
        known = [self.occurring[t] for t in self.values if t in self.occurring]
        if len(known) < len(self.values):
            return Substitution(self.values)
        return Substitution(self.values, alone=lambda t: not any(occurs(t) for occurs in known))

    def settled(self, b: Bits) -> Bits:
        """The same under the path's facts, as registers and memory have it since `put`."""
        if isinstance(b.value, int) or not self.values:
            return b
        put = self._put_values()
        if put(b.value) is intern(b.value):
            return b
        # As a sum: the variable's bits may stand shifted and joined with others, as those of its value cannot.
        terms, const = linear_view(b.value)
        total: Value = const & ones(b.width)
        for t, c in terms.items():
            total = ops.add(b.width, total, ops.mul(b.width, put(t), c))
        return Bits(b.width, total)

    def said(self, claim: Prop) -> Prop:
        """An equation with what was put in place of variables in both sides: where it was made that was not known."""
        if claim.sides is None or not self.values:
            return claim
        put = self._put_values()
        a, b = (Bits(side.width, put(side.value)) for side in claim.sides)
        if (a.value, b.value) == tuple(side.value for side in claim.sides):
            return claim
        equal, (have, want) = a == b, claim.sides
        if equal.value is True or (have == want).bit.value == claim.bit.value:
            return equal
        # It is claimed under a condition: of blocks below a number, say.
        return Prop((Bits(1, put(claim.bit.value)) == 1).value, (a, b))

    def known(self, c: Term) -> int | None:
        """1 or 0 where the facts decide a public condition, else None."""
        return None if ops.is_secret(c) else self.knowledge.decide(c)

    def known_or_split(self, c: Term) -> int | None:
        """The same; a public condition that the facts do not decide raises `NeedSplit`."""
        if ops.is_secret(c):
            return None
        if any(
            isinstance(t, App) and t.name.endswith("[]") and not t.name.startswith("global ") for t in free_terms(c)
        ):
            # What a buffer holds is data, public or not: nobody wants a path for each value of each lane.
            return self.knowledge.said(c)
        known = self.knowledge.decide(c)
        if known is None:
            raise NeedSplit(c)
        return known

    def decide(self, c: Prop) -> bool | None:
        """Whether a public condition holds; None where the facts do not decide."""
        v = c.bit.value
        if isinstance(v, int):
            return bool(v)
        known = None if ops.is_secret(v) else self.knowledge.decide(v)
        return None if known is None else bool(known)

    def disjoint(self, a: Term | None, alo: int, ahi: int, b: Term | None, blo: int, bhi: int) -> bool:
        """Whether [a+alo, a+ahi) and [b+blo, b+bhi) cannot meet, both inside one region."""
        first = Bits(64, a if a is not None else 0) + Bits.wrap(64, alo)
        second = Bits(64, b if b is not None else 0) + Bits.wrap(64, blo)
        return self.apart(first, Bits.wrap(64, ahi - alo), second, Bits.wrap(64, bhi - blo))

    def apart(self, first: Bits, size: Bits, second: Bits, other: Bits) -> bool:
        """Whether `size` bytes at offset `first` and `other` bytes at `second` of one region cannot meet."""
        d = second - first
        # Within a region that does not wrap, they are apart when the distance is large either way.
        return self.decide((d >= size) & (-d >= other)) is True

    def turn(self, what: TurnKind, says: Value | str) -> None:
        """Note, for people, that the path turned here."""
        self.turns = Noticed(self.at, what, says, self.turns)

    def over(self) -> None:
        """Nobody goes on with this path: what it holds is freed now, for it and its machine hold each other."""
        self.memory.let_go()
        self.machine.on_leak = _nobody

    def fork(self) -> Path:
        """An independent copy."""
        p = Path(self.machine.fork(), self.knowledge.fork(), self.at, self.folds)
        p.steps, p.arrivals, p.stepwise = self.steps, self.arrivals.copy(), self.stepwise.copy()
        p.calls, p.relations, p.values, p.turns = self.calls, self.relations[:], self.values, self.turns
        p.occurring = self.occurring
        p.unknowns = self.unknowns
        return p
