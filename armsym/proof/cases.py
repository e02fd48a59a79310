"""Claims under conditions, on symbols: a case is what is known where the conditions hold.

Nothing is believed here but that a claim may be shown of each case by itself: what is supposed within a case is a
condition of the claim, or its contrary; what a case is found to say of a word is put in its place.
"""

from __future__ import annotations

from dataclasses import dataclass

from armsym.bits import Bits, Prop
from armsym.integers.claims import Argument
from armsym.integers.disjunction import alternatives
from armsym.integers.expression import FoldValue, Integer, Quotient, Relation, Word
from armsym.proof.claims import parts
from armsym.proof.conditional import Condition, Conditional
from armsym.proof.handles import Claim, Pointwise
from armsym.proof.path import Knowledge, Path
from armsym.symbolic_memory import variable
from armsym.terms import ops
from armsym.terms.evaluate import Substitution
from armsym.terms.node import Op, Poly, Term, Value, intern
from armsym.terms.show import show
from armsym.terms.walk import below

__all__ = ["Answer", "Case"]

#: Of a condition on so many words at most its contrary is said: that not all of them are 0.
MOST_WORDS = 4

#: So many tests that a claim hangs on are followed both ways, one within the other.
MOST_SPLITS = 4


@dataclass(frozen=True)
class Answer:
    """Whether a claim is shown, or what is not."""

    holds: bool
    detail: str = ""


_SHOWN = Answer(True)


class Case:
    """What is known of a path where some conditions hold."""

    def __init__(self, knowledge: Knowledge, relations: list[Relation], claim_ms: int) -> None:
        """The list is copied; the knowledge is this case's alone."""
        self._knowledge, self._relations, self._claim_ms = knowledge, list(relations), claim_ms
        #: Terms that are known to be a number.
        self._values: dict[Term, Value] = {}
        #: Sets of bits, by the term that they are of: in each not all are 0.
        self._nonzero: list[dict[int, int]] = []
        self._impossible = False

    @staticmethod
    def of(path: Path, claim_ms: int) -> Case:
        """All that is known on a path; what its facts say of whole numbers is put in their places."""
        # (Values of folds are no words, and have no bounds: nothing is said of them in a case.)
        case = Case(path.knowledge.fork(), [r for r in path.relations if not r.values()], claim_ms)
        for f in path.knowledge.facts:
            case._note(f)
        case._settle()
        return case

    def fork(self) -> Case:
        """An independent copy."""
        case = Case(self._knowledge.fork(), self._relations, self._claim_ms)
        case._values, case._nonzero, case._impossible = dict(self._values), self._nonzero[:], self._impossible
        return case

    def shows(self, claim: Claim) -> Answer:
        """Whether a claim holds here."""
        for part in parts(claim):
            if self._impossible:
                break
            if isinstance(part, Conditional):
                found = self._when(part) if part.is_when else self._unless(part)
            elif isinstance(part, Pointwise):
                found = Answer(False, f"{part.region.name}: a claim of all its blocks stands under no condition")
            else:
                found = self._shows_one(part)
            if not found.holds:
                return _SHOWN if self._contradicts_itself() else found
        return _SHOWN

    def assume(self, condition: Condition) -> None:
        """Suppose a condition."""
        if isinstance(condition, Relation):
            said = self._put_into(condition)
            if isinstance(said, Relation):
                if not said.values():
                    self._relations.append(said)
            elif said is False:
                self._impossible = True
        else:
            self._learn(condition)
        self._settle()

    def deny(self, condition: Condition) -> None:
        """Suppose that a condition does not hold: of claims about integers, what follows for words."""
        if isinstance(condition, Prop):
            self._learn(~condition)
        else:
            leaves = condition.leaves()
            if _holds_of_zeros(condition) and len(leaves) <= MOST_WORDS:
                zero = Prop(True)
                for _, width, t in leaves:
                    zero &= Bits(width, t) == 0
                self._learn(~zero)
        self._settle()

    # -- claims ---------------------------------------------------------------------------------------

    def _when(self, claim: Conditional) -> Answer:
        case = self.fork()
        for c in claim.conditions:
            case.assume(c)
        return case.shows(claim.claim)

    def _unless(self, claim: Conditional) -> Answer:
        if any(self._shows_one(c).holds for c in claim.conditions):
            return _SHOWN
        case = self.fork()
        for c in claim.conditions:
            case.deny(c)
        return case.shows(claim.claim)

    def _shows_one(self, part: Condition, splits: int = MOST_SPLITS) -> Answer:
        """A claim with choices made where it is known which way they go; the others are followed both ways."""
        said: Condition | bool = self._put_into(part)
        tests: list[Term] = []
        while not isinstance(said, bool):
            tests = _tests(said)
            decided: dict[Term, Value] = {t: 0 for t in tests if self._is_false(t)}
            if not decided:
                break
            said = _mapped(said, Substitution(decided))
        if isinstance(said, bool):
            return _SHOWN if said else Answer(False, "it does not hold of the numbers that it is about")
        if isinstance(said, Prop):
            v = said.bit.value
            assert isinstance(v, Term)
            if self._knowledge.prove(v, self._claim_ms).holds:
                return _SHOWN
        if not tests or not splits:
            if isinstance(said, Prop):
                return Answer(False, f"not shown: {show(said.bit.value, 3)}")
            if said.values():
                return Answer(False, "not shown: it is about the values of a fold, which no case tells")
            found = Argument(self._relations, [said]).show(0)
            return Answer(found.holds, found.detail)
        # The innermost: what the others are about hangs on it.
        test = Prop._of(tests[-1])
        for condition in (test, ~test):
            case = self.fork()
            case.assume(condition)
            answer = _SHOWN if case._impossible else case._shows_one(said, splits - 1)
            if not answer.holds:
                return answer
        return _SHOWN

    # -- what is known --------------------------------------------------------------------------------

    def _put_into(self, c: Condition) -> Condition | bool:
        return _mapped(c, Substitution(self._values))

    def _put(self, b: Bits) -> Bits:
        return Bits(b.width, Substitution(self._values)(b.value)) if self._values else b

    def _learn(self, p: Prop) -> None:
        v = self._put(p.bit).value
        if isinstance(v, int):
            self._impossible = self._impossible or not v
        else:
            self._knowledge.add(v)
            self._note(v)

    def _note(self, fact: Value) -> None:
        """What a fact says of words being 0, or not being 0."""
        todo: list[tuple[Value, bool]] = [(fact, True)]
        while todo:
            v, holds = todo.pop()
            if isinstance(v, int):
                self._impossible = self._impossible or bool(v) is not holds
                continue
            v = intern(v)
            if isinstance(v, Poly) and v.const and v.width == 1:
                todo.append((ops.xor(1, v, 1), not holds))
            elif isinstance(v, Poly) and holds and v.width == 1 and len(v.entries) == 1:
                # A product of bits is 1: each of them is.
                factors = next(iter(v.entries)).factors
                todo += [(base, True) for base, s in factors if base.width == 1 and s == 0]
            elif isinstance(v, Op) and v.kind == "eq" and v.args[1] == 0:
                bits = _bits_of(v.args[0])
                if not holds:
                    if bits:
                        self._nonzero.append(bits)
                    continue
                for i, mask in bits.items():
                    base = self._term(v.args[0], i)
                    if base is not None and not base.pb & ~mask:
                        self._values[base] = 0
                        if base.width == 1:
                            todo.append((base, False))

    @staticmethod
    def _term(v: Value, i: int) -> Term | None:
        return next((t for t in below(v) if t.id == i), None)

    def _is_false(self, test: Term) -> bool:
        """Whether not all bits that a test is about are 0, since not all of some of them are."""
        assert isinstance(test, Op)
        bits = _bits_of(test.args[0])
        return any(all(mask & ~bits.get(i, 0) == 0 for i, mask in known.items()) for known in self._nonzero)

    def _contradicts_itself(self) -> bool:
        """Whether the facts do: then anything follows from them, such as that a bit of which nothing is said is 1."""
        anything = variable("anything", 1, secret=False).value
        assert isinstance(anything, Term)
        return self._impossible or bool(self._knowledge.prove(anything, self._claim_ms).holds)

    def _settle(self) -> None:
        """Put what is known to be 0 in its place, also numbers that can only be 0 as residues within their ranges."""
        while not self._impossible:
            said = [r.map(self._put) for r in self._relations]
            self._relations = [r for r in said if isinstance(r, Relation)]
            facts = [self._put(Bits(1, f)).value for f in self._knowledge.facts if not isinstance(f, int)]
            self._impossible = any(r is False for r in said) or any(f == 0 for f in facts if isinstance(f, int))
            numbers = self._numbers()
            argument = Argument(self._relations, [Relation(((Integer({(n,): 1}), 0, 0, 0),)) for n in numbers])
            zeros = [n for k, n in enumerate(numbers) if argument.show(k, search=False).holds]
            if not zeros:
                break
            for _, width, t in zeros:
                zero = Bits(width, t) == 0
                self._knowledge.add(zero.bit.value)
                self._values[t] = 0
                self._note(zero.bit.value)

    def _numbers(self) -> list[Word]:
        """The unsigned numbers whose range is known, as one word each."""
        found: dict[Word, None] = {}
        for r in self._relations:
            for x, modulus, _, _ in r.parts:
                leaves = list(x.leaves())
                if not modulus and len(x.terms) == 1 and len(leaves) == 1 and not leaves[0][0]:
                    found[leaves[0]] = None
        return list(found)


def _bits_of(v: Value) -> dict[int, int]:
    """Bits, by the term that they are of, that are all 0 exactly if a value is."""
    found: dict[int, int] = {}
    for m, mask in [] if isinstance(v, int) else alternatives(v):
        if len(m.factors) == 1:
            base, s = m.factors[0]
            bits = mask << s if s >= 0 else mask >> -s
        else:
            base, bits = intern(v), intern(v).pb  # type: ignore[arg-type]
        found[base.id] = found.get(base.id, 0) | bits
    return found


def _mapped(c: Condition, put: Substitution) -> Condition | bool:
    """The same of other terms; a bool where nothing of it is symbolic any more."""
    if isinstance(c, Relation):
        return c.map(lambda b: Bits(b.width, put(b.value)))
    v = put(c.bit.value)
    return bool(v) if isinstance(v, int) else Prop._of(v)


def _tests(c: Condition) -> list[Term]:
    """Tests of words being 0 in what a claim is made of, the outer before the inner: what a choice hangs on."""
    made_of = [c.bit.value] if isinstance(c, Prop) else [t for _, _, t in c.leaves()]
    return [t for t in below(*made_of) if isinstance(t, Op) and t.kind == "eq" and t.args[1] == 0]


def _holds_of_zeros(r: Relation) -> bool:
    """Whether a claim holds where all words that it is about are 0."""
    if any(isinstance(leaf, (Quotient, FoldValue)) for x, _, _, _ in r.parts for m in x.terms for leaf in m):
        return False
    return all(
        c % modulus == 0 if modulus else (lo is None or lo <= c) and (hi is None or c <= hi)
        for x, modulus, lo, hi in r.parts
        for c in (x.terms.get((), 0),)
    )
