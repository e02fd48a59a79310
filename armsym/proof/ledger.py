"""The obligations of one proof: what was shown of each, and how claims are shown on a path."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import shorten

from armsym.bits import Bits, Prop
from armsym.discharge import algebra
from armsym.discharge.some_values import fails_somewhere
from armsym.discharge.truth_tables import always
from armsym.discharge.z3_bridge import Model
from armsym.elf import Image
from armsym.errors import MemoryFault
from armsym.integers.claims import Shown
from armsym.integers.expression import Relation
from armsym.proof.bounds import reads_outside
from armsym.proof.buffers import pointwise_conditions
from armsym.proof.cases import Case
from armsym.proof.checks import place_of
from armsym.proof.claims import parts
from armsym.proof.conditional import Condition, Conditional
from armsym.proof.filters import Filter
from armsym.proof.handles import Claim, Claims, Pointwise
from armsym.proof.hints import unknown_at_head, unknowns_in
from armsym.proof.known import Known
from armsym.proof.leaks import Leak
from armsym.proof.path import Path
from armsym.proof.profile import spending
from armsym.proof.result import CONSTANT_TIME, Kind, Obligation, Status
from armsym.proof.state import State, handed
from armsym.proof.telling import Teller
from armsym.proof.why import Why
from armsym.symbolic_memory import Read
from armsym.terms import ops
from armsym.terms.evaluate import Occurrences, free_terms
from armsym.terms.node import Term, Value, intern
from armsym.terms.show import show
from armsym.terms.walk import size

__all__ = ["Ledger", "Mark", "told"]

#: A claim of more distinct terms than this is not given to the solver: on whole blocks of a hash
#: it only spends its time (and more than its time limit, which it does not see while bit-blasting).
SOLVER_LIMIT = 600
#: Of a claim about integers that does not hold of numbers which all that is known holds of.
FAILS = "there are words of which all that is known holds, and this does not"


def told(text: str) -> str:
    """The name of the obligation that what a proof says may be told is all that branches tell."""
    return f"whether {text} is all that a branch tells"


@dataclass(frozen=True)
class Mark:
    """How things stood in a ledger at some time."""

    results: Mapping[tuple[Kind, str], Obligation]
    failed: frozenset[tuple[Kind, str]]


class Ledger:
    """What was shown so far of code in `image`.  With `models`, inputs are kept of paths on which a claim may fail."""

    def __init__(self, image: Image, claim_ms: int, *, models: bool) -> None:
        self.image, self.claim_ms, self._keep = image, claim_ms, models
        self._results: dict[tuple[Kind, str], Obligation] = {}
        #: Obligations not shown once already: their other instances are not worth the solver's time.
        self._failed: set[tuple[Kind, str]] = set()
        #: By the ids of terms: whether a product of polynomials occurs in them.
        self._products: dict[int, bool] = {}
        #: Models in which a claim failed, to be tried as inputs.
        self.models: list[Model] = []
        #: Whose definitions claims may be shown by.
        self.filters: Sequence[Filter] = ()
        #: A value with public variables in place of what is revealed of the secrets.
        self.without_revealed: Callable[[Value], Value] = lambda v: v
        self.unfolded: Callable[[Filter, Value], Value] = lambda _, v: v
        #: Values that leaked, for runs to be looked for that show it.
        self.leaks: list[Leak] = []
        #: Who tells of the paths on which something was not shown; None where nobody asks.
        self.teller: Teller | None = None
        #: What a run may tell of secrets: whether all of some conditions hold.
        self.tells: Sequence[tuple[str, Sequence[Condition]]] = ()
        #: Who is told of each instance that is recorded.
        self.watched: Callable[[Obligation], None] = lambda _: None

    @property
    def obligations(self) -> list[Obligation]:
        """Everything recorded."""
        return list(self._results.values())

    def holds(self, kind: Kind, name: str) -> bool:
        """Whether an obligation was recorded, and all instances of it so far are proved."""
        o = self._results.get((kind, name))
        return o is not None and o.status is Status.PROVED

    def mark(self) -> Mark:
        """How things stand, for `reset`."""
        return Mark({k: replace(o) for k, o in self._results.items()}, frozenset(self._failed))

    def reset(self, mark: Mark) -> None:
        """Forget what was recorded since the mark, which stays good for another time."""
        self._results, self._failed = {k: replace(o) for k, o in mark.results.items()}, set(mark.failed)

    def record(
        self,
        kind: Kind,
        name: str,
        status: Status,
        by: str = "",
        seconds: float = 0.0,
        detail: str = "",
        why: Why | None = None,
    ) -> None:
        """Note one instance of an obligation, closed `by` a method; the worst status of all instances stays."""
        new = Obligation(name, kind, status, (by,) if by else (), seconds, detail, why)
        self.watched(new)
        known = self._results.setdefault((kind, name), new)
        if known is not new:
            known.join(new)

    def leak(self, path: Path, kind: str, value: Bits) -> None:
        """Note a value that an attacker may see: it must not depend on a secret, but for what may be told."""
        v = value.value
        if isinstance(v, int) or not ops.is_secret(v) or not ops.is_secret(self.without_revealed(v)):
            return
        for text, conditions in self.tells if kind == "branch condition" else ():
            began = time.perf_counter()
            if self._tells_only(path, Prop._of(v), conditions):
                self.record("constant-time", told(text), Status.PROVED, "cases", time.perf_counter() - began)
                return
        at = path.at
        path.leaked.append(intern(v))
        if self._keep:
            self.leaks.append(Leak(intern(v), tuple(path.knowledge.facts)))
        where = f"the {kind} at {at:#x} <{self.image.symbolize(at)}>"
        unknown = unknowns_in(v, path.unknowns)
        secrets = [t for t in free_terms(v) if ops.is_secret(t)]
        why = self.why(path, f"the {kind}")
        if len(unknown) >= len(secrets) and why is not None:
            # Nobody says that it is a secret: nothing is known of it.
            said = f"{where} depends on what is unknown at the head of a loop: {show(v, 3)}"
            why = replace(why, hints=unknown_at_head(unknown))
        else:
            said = f"{where} depends on a secret: {show(v, 3)}"
        self.record("constant-time", CONSTANT_TIME, Status.UNDECIDED, detail=said, why=why)

    def _tells_only(self, path: Path, bit: Prop, conditions: Sequence[Condition]) -> bool:
        """Whether a bit is one thing where all conditions hold, and another where one of them does not."""
        case = Case.of(path, self.claim_ms)
        where = case.fork()
        for c in conditions:
            where.assume(c)
        for value in (bit, ~bit):
            other = case.fork()
            other.assume(value)
            # Where all hold the bit has this value; and where it has this value all hold.
            if where.shows(value).holds and all(other.shows(c).holds for c in conditions):
                return True
        return False

    def check(self, path: Path, claimed: Callable[[State], Claims], kind: Kind, where: str) -> None:
        """Prove named claims about the state at the end of a path.

        `claimed` makes the claims; whatever they read of memory must lie in its region wherever the path's facts
        hold, for beyond it another region may lie, whose changes the region's content does not show.
        """
        with path.memory.observed() as reads, handed(path.machine) as s:
            claims = self._made(path, claimed, s, kind, where)
            relations: list[tuple[str, str, Relation]] = []
            case: Case | None = None
            for name, claim in claims.items():
                for k, part in enumerate(parts(claim)):
                    label = f"{name}[{k}]" if isinstance(claim, (list, tuple)) else name
                    if isinstance(part, Pointwise):
                        with spending("phases", "claims about buffers made"):
                            self._check_pointwise(path, part, kind, f"{where}{name}", reads)
                    elif isinstance(part, Relation):
                        relations.append((f"{where}{name}", label, part))
                    elif isinstance(part, Conditional):
                        case = case or Case.of(path, self.claim_ms)
                        self._check_conditional(path, case, part, kind, f"{where}{name}", label)
                    else:
                        self.check_one(path, part, kind, f"{where}{name}", label)
            self.check_relations(path, relations, kind)
            self.check_reads(path, reads, kind, where, claims)

    def _made(self, path: Path, claimed: Callable[[State], Claims], s: State, kind: Kind, where: str) -> Claims:
        """The claims about a state; raises `MemoryFault` that names them where they read what cannot be read."""
        try:
            with spending("phases", "claims made"):
                return claimed(s)
        except MemoryFault as e:
            at = "on return" if path.at < 0 else f"at {path.at:#x} <{self.image.symbolize(path.at)}>"
            what = f"{kind} {where}".rstrip(": ")
            raise MemoryFault(f"{place_of(e)}: a claim ({what}, {at}) reads memory, not the routine: {e}") from e

    def check_relations(self, path: Path, asked: Sequence[tuple[str, str, Relation]], kind: Kind) -> None:
        """Prove claims about integers, (name, label, claim), by what is known of others on the path."""
        if not asked:
            return

        def put(b: Bits) -> Bits:
            # Where a length turned out to be one value, the machine has that in its place, and so has the claim.
            # What the facts say of a public word in as many words: that a first index is 0.
            b = path.settled(b)
            v = b.value
            if isinstance(v, int) or ops.is_secret(v):
                return b
            number = path.knowledge.constant(v)
            return b if number is None else Bits(b.width, number)

        failed: set[str] = set()
        known = Known(path, asked, put)
        left: list[tuple[str, str, Relation, Relation]] = []
        for name, label, r in asked:
            said = known.said(r)
            if isinstance(said, Relation):
                left.append((name, label, said, r))
            elif said:
                self.record(kind, name, Status.PROVED, "integers")
            else:
                failed.add(name)
                self._failed.add((kind, name))
                self.record(
                    kind, name, Status.UNDECIDED, detail=f"{label}: does not hold of the numbers that it is about"
                )
        relations = [said for _, _, said, _ in left]
        with spending("phases", "claims about integers put"):
            question, general = known.question(relations), known.named(relations)
        cases: Case | None = None
        for k, (name, label, _, r) in enumerate(left):
            if name in failed:
                continue  # one part that is not shown is enough
            began = time.perf_counter()
            with spending("obligations", f"{kind}: {name}"):
                fails, by = question.fails(k), "integers"
                found = Shown(False)
                if general is not None and not fails:
                    found = general.show(k)
                chooses = not found.holds and question.chooses(k)
                if not found.holds:
                    found = question.show(k, search=not chooses and not fails)
                if fails:
                    found = Shown(False, f"{FAILS}; {found.detail or 'yet it was shown: armsym has a defect'}")
                if not found.holds and not fails and chooses:
                    cases = cases or Case.of(path, self.claim_ms)
                    answer, by = cases.shows(relations[k]), "cases"
                    found = Shown(answer.holds, answer.detail)
                if not found.holds and not fails and known.renames and _as_named(path, asked, r, put):
                    found, by = Shown(True), "integers"
            seconds = time.perf_counter() - began
            if found.holds:
                self.record(kind, name, Status.PROVED, by, seconds)
                continue
            if self._keep and (kind, name) not in self._failed:
                self.witness(path)
            failed.add(name)
            self._failed.add((kind, name))
            why = self.why(path, label)
            self.record(kind, name, Status.UNDECIDED, "", seconds, f"{label}: not shown: {found.detail}", why)

    def check_reads(
        self, path: Path, reads: Sequence[Read], kind: Kind, where: str, claims: Claims | None = None
    ) -> None:
        """Record as undecided each claim that reads memory which is not shown to lie in its region."""
        for r in reads_outside(path, reads, self.claim_ms):
            names = [n for n, c in (claims or {}).items() if _mentions(c, r.value)] or ["what its claims read"]
            for name in names:
                why = self.why(path, name)
                self.record(kind, f"{where}{name}", Status.UNDECIDED, detail=_outside(r), why=why)

    def why(self, path: Path, label: str, claim: Prop | None = None) -> Why | None:
        """What there is to tell of a part of a claim that was not shown on a path."""
        return None if self.teller is None else self.teller.why(path, label, claim)

    def _check_conditional(self, path: Path, case: Case, claim: Conditional, kind: Kind, name: str, label: str) -> None:
        began = time.perf_counter()
        if (kind, name) in self._failed:
            return  # one instance that is not shown is enough
        with spending("obligations", f"{kind}: {name}"):
            found = case.shows(claim)
        seconds = time.perf_counter() - began
        if found.holds:
            self.record(kind, name, Status.PROVED, "cases", seconds)
            return
        if self._keep:
            self.witness(path)
        self._failed.add((kind, name))
        why = self.why(path, label)
        self.record(kind, name, Status.UNDECIDED, "", seconds, f"{label}: not shown: {found.detail}", why)

    def _check_pointwise(self, path: Path, claim: Pointwise, kind: Kind, name: str, reads: list[Read]) -> None:
        claim.speaks_of(path.machine)
        noted = len(reads)
        conditions = pointwise_conditions(path.memory, claim)
        if isinstance(conditions, str):
            why = self.why(path, claim.region.name)
            self.record(kind, name, Status.UNDECIDED, detail=f"{claim.region.name}: {conditions}", why=why)
            return
        for label, prop in conditions:
            self.check_one(path, prop, kind, name, label)
        # What the function of a block reads of this state, it reads for an arbitrary block j < upto.
        within = path.fork()
        within.knowledge.add((claim.arbitrary < claim.upto).bit.value)
        for r in reads_outside(within, reads[noted:], self.claim_ms):
            self.record(kind, name, Status.UNDECIDED, detail=_outside(r))
        within.over()
        del reads[noted:]

    def check_one(self, path: Path, prop: Prop, kind: Kind, name: str, label: str) -> bool:
        """Prove one condition; whether it is shown."""
        with spending("obligations", f"{kind}: {name}"):
            return self._check_one(path, prop, kind, name, label)

    def _check_one(self, path: Path, prop: Prop, kind: Kind, name: str, label: str) -> bool:
        began = time.perf_counter()
        if prop.value is not True:
            prop = path.said(prop)
        if prop.value is True:
            self.record(kind, name, Status.PROVED, "identity", time.perf_counter() - began)
            return True
        # What fails for some values no rule may show that asks about all of them.
        fails = fails_somewhere(prop.value)
        products = self._by_algebra(prop, fails)
        if products:
            self.record(kind, name, Status.PROVED, "algebra", time.perf_counter() - began)
            return True
        if not fails and always(prop.value):
            self.record(kind, name, Status.PROVED, "truth table", time.perf_counter() - began)
            return True
        defined = self._by_definition(path, prop)
        if defined:
            self.record(kind, name, Status.PROVED, defined, time.perf_counter() - began)
            return True
        if (
            products is None
            and not isinstance(prop.value, bool)
            and (kind, name) not in self._failed
            and size(prop.value) <= SOLVER_LIMIT
        ):
            if prop.sides and path.knowledge.equal(*prop.sides, self.claim_ms):
                self.record(kind, name, Status.PROVED, "z3", time.perf_counter() - began)
                return True
            out = path.knowledge.prove(prop.value, self.claim_ms)
            if out.holds:
                self.record(kind, name, Status.PROVED, "z3", time.perf_counter() - began)
                return True
            if out.model is not None and self._keep:
                self.models.append(out.model)
        elif self._keep:
            self.witness(path)
        self._failed.add((kind, name))
        seconds = time.perf_counter() - began
        sides = "".join(
            f"\n    {word} {shorten(show(b.value), 600, placeholder=' ...')}"
            for word, b in zip(("is     ", "claimed"), prop.sides or (), strict=False)
        )
        why = self.why(path, label, prop)
        self.record(kind, name, Status.UNDECIDED, "", seconds, f"{label}: not shown{sides}", why)
        return False

    def _by_definition(self, path: Path, prop: Prop) -> str:
        """How a claim that speaks of filters follows from what they are defined to be; empty where it is not shown."""
        v = prop.value
        if isinstance(v, bool):
            return ""
        said: Value = v
        for f in self.filters:
            said = self.unfolded(f, said)
        expanded = said
        for f in self.filters:
            expanded = f.expanded(expanded)
        if 1 in (said, expanded):
            return "identity"
        if expanded is not v and not fails_somewhere(expanded) and always(expanded):
            return "truth table"
        facts = [self.unfolded(f, fact) for f in self.filters for fact in f.facts(said)]
        if facts and size(said) <= SOLVER_LIMIT:
            return "z3" if self._follows(path, said, facts) else ""
        return ""

    def _follows(self, path: Path, said: Value, facts: Sequence[Value]) -> bool:
        """Whether a claim follows from what filters are defined to be and from what is known on the path."""
        # Often the definition is enough, and sooner found to be; then any numbers may stand for counts.
        changes = [f.counted_anew(said) for f in self.filters]
        lean = path.knowledge.with_facts([])
        claim, known = said, facts
        for change in changes:
            if change is not None:
                claim, known = change(claim), [change(fact) for fact in known]
        whole = path.knowledge.fork()
        for fact in known:
            lean.note(fact)
        for fact in facts:
            whole.note(fact)
        return bool(lean.prove(claim, self.claim_ms // 5).holds or whole.prove(said, self.claim_ms).holds)

    def _by_algebra(self, prop: Prop, fails: bool) -> bool | None:
        """Whether an equation between carry-less products is shown by its form; None where there are none.

        No solver is of use for those.  One that `fails` for some values is not shown.
        """
        if prop.sides is None or isinstance(prop.value, bool):
            return None
        a, b = prop.sides
        if not algebra.speaks_of_products(a.value, b.value, known=self._products):
            return None
        if fails:
            return False
        shown, ring = algebra.equal(a.width, a.value, b.value)
        if ring is not None:
            title = f"{ring.name} is bilinear, commutative and associative"
            if ("lemma", title) not in self._results:
                self.record("lemma", title, Status.PROVED, "basis vectors")
        return shown

    def witness(self, path: Path) -> None:
        """Keep inputs that follow this path."""
        model = path.knowledge.solver().witness(self.claim_ms)
        if model is not None:
            self.models.append(model)


def _mentions(claim: Claim, value: Bits) -> bool:
    """Whether a claim is made of a value; a pointwise claim is looked at by itself."""
    v = value.value
    if isinstance(v, int):
        return False
    occurs = Occurrences(intern(v))
    made_of: list[Value] = []
    for part in parts(claim):
        if isinstance(part, Relation):
            made_of += [t for _, _, t in part.leaves()]
        elif isinstance(part, Conditional):
            if any(_mentions(c, value) for c in (*part.conditions, part.claim)):
                return True
        elif isinstance(part, Prop):
            made_of += [side.value for side in part.sides or (part.bit,)]
    return any(isinstance(t, Term) and occurs(intern(t)) for t in made_of)


def _outside(r: Read) -> str:
    size = r.region.size.value
    return f"it reads {r.size} bytes at {r.region.name}+{r.offset.value}, not shown to lie within its {size} bytes"


def _as_named(path: Path, asked: Sequence[tuple[str, str, Relation]], r: Relation, put: Callable[[Bits], Bits]) -> bool:
    """Whether a claim is shown where variables that the facts equate with others stay as they are: folds of numbers
    whose lengths differ keep the names that invariants gave their indices.
    """
    known = Known(path, asked, put, numbers_only=True)
    said = known.said(r)
    return known.question([said]).show(0, search=True).holds if isinstance(said, Relation) else said
