"""What a path knows of integers, and what follows from it: claims about words, and about values of folds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from functools import cached_property, partial

from armsym.bits import Bits
from armsym.discharge.some_values import Undefined, assignments, holds
from armsym.integers.alike import Alike
from armsym.integers.claims import Argument, Shown
from armsym.integers.expression import FoldValue, IntegerLike, Multiplier, Relation, integer
from armsym.integers.unbounded import speaks_of_folds, unbounded
from armsym.proof.path import Path
from armsym.symbolic_memory import signed
from armsym.terms import ops
from armsym.terms.evaluate import Evaluator, Substitution, free_terms
from armsym.terms.linear import linear_view
from armsym.terms.node import App, Op, Poly, Sum, Term, Value, Var, intern
from armsym.terms.walk import below, children, size

__all__ = ["Known", "Question"]

#: Indices of folds that differ by at most so much are put as one and a number.
NEAR = 64

#: Facts of more terms than this are about data, and no claim about lengths.
FACT_LIMIT = 60

#: Of so many indices one after the other it is looked for what the definition of a fold says.
NEXT = 4

#: A word of at least so many terms of which something is known is given a name.
LARGE = 100

#: So many choices in one word are looked at.
MOST_CHOICES = 16

Put = Callable[[Bits], Bits]


class Known:
    """What is known on a path, its indices put as those of folds that it knows."""

    def __init__(
        self, path: Path, asked: Sequence[tuple[str, str, Relation]], put: Put, *, numbers_only: bool = False
    ) -> None:
        """`put` gives what the path writes for a word, and what the facts say of a public one in as many words.

        With `numbers_only`, variables that the facts equate with others stay as they are.
        """
        self._path = path
        self._put = put
        folds = any(speaks_of_folds(r) for r in (*path.relations, *(r for _, _, r in asked)))
        #: Public variables that the facts say are numbers (a first index), for words that a fold's steps have named.
        equal = _numbers(path, numbers_only=numbers_only) if folds else None
        self._numbers = None if equal is None else Substitution(equal)
        #: Whether a variable is put as another one.
        self.renames = equal is not None and not all(isinstance(v, int) for v in equal.values())
        self._indices: dict[int, Bits] = {}
        self._align([*path.relations, *(r for _, _, r in asked)])
        self.relations = [r for r in (self.said(r) for r in path.relations) if isinstance(r, Relation)]
        if folds:
            said = [r for r in (self.said(r) for _, _, r in asked) if isinstance(r, Relation)]
            self.relations += self._definitions([*self.relations, *said])

    def said(self, r: Relation) -> Relation | bool:
        """A claim as what is known says it; twice where it is about folds, for their steps bring in words anew."""
        put = r.map(self.put)
        return put.map(self.put) if self._numbers is not None and isinstance(put, Relation) else put

    def put(self, b: Bits) -> Bits:
        """What the facts show a public word to be: a number, or a number more than another index."""
        v = self._said(b).value
        return self._indices.get(intern(v).id, Bits(b.width, v)) if isinstance(v, Term) else Bits(b.width, v)

    def _said(self, b: Bits) -> Bits:
        b = self._put(b)
        if self._numbers is None or isinstance(b.value, int):
            return b
        v = self._numbers(b.value)
        v = v if isinstance(v, int) else self._unmasked(intern(v))
        return Bits(b.width, v if isinstance(v, int) else self._chosen(intern(v)))

    def _unmasked(self, t: Term) -> Value:
        """The value with sums in place of public sums, shifted and masked, where the facts say that no bit is lost.

        An index i of so many bits becomes such where it turns out to be j + 3: 32 i is then masked, 32 j + 96 is not.
        """
        found: dict[Term, Value] = {}
        for p, base, k, most in _masked_sums(t):
            if self._path.decide(Bits(64, base) <= most) is True:
                found[p] = (Bits(64, base) * (1 << k) + p.const).value
        return Substitution(found)(t) if found else t

    def _chosen(self, t: Term) -> Value:
        """The value with the branch that the facts say is taken in place of each public choice."""
        for _ in range(MOST_CHOICES):
            decided = ((choice, self._path.known(c)) for c, choice in _choices(t))
            found = next(((choice, v) for choice, v in decided if v is not None), None)
            if found is None:
                return t
            new = Substitution({found[0]: found[0].args[1 if found[1] else 2]})(t)
            if isinstance(new, int):
                return new
            t = intern(new)
        return t

    def _align(self, relations: Sequence[Relation]) -> None:
        """Of indices at fixed distances each is put as the least of them and a number."""
        fixed = self._path.knowledge.fixed
        groups: list[list[tuple[Bits, int]]] = []
        met: set[int] = set()
        values = {v for r in relations for v in r.values() if not isinstance(v.of, Multiplier)}
        indices = {v.index for v in values} | {v.of.parameter for v in values if v.of.parameter is not None}
        for index in sorted(indices, key=lambda t: t.id):
            k = self._said(Bits(64, index))
            if isinstance(k.value, int) or index.id in met:
                continue
            met.add(index.id)
            for group in groups:
                d = fixed(k - group[0][0])
                if d is not None and abs(signed(d)) <= NEAR:
                    group.append((k, signed(d)))
                    break
            else:
                groups.append([(k, 0)])
        for group in groups:
            least, at = min(group, key=lambda one: one[1])
            for k, d in group:
                if d != at or k.value is not least.value:
                    assert isinstance(k.value, Term)
                    self._indices[intern(k.value).id] = least + (d - at)

    def _definitions(self, relations: Sequence[Relation]) -> list[Relation]:
        """What H(k + 1) is made of, where it is not seen at once that k + 1 does not wrap, but the facts show it.

        Of values of one fold whose indices differ by a small number, for each step from one to the next.
        """
        by_fold: dict[int, list[FoldValue]] = {}
        for v in sorted({v for r in relations for v in r.values()}, key=lambda v: v.key):
            by_fold.setdefault(v.of.number, []).append(v)
        found: list[Relation] = []
        for values in by_fold.values():
            steps: dict[int, Bits] = {}
            for v in values:
                for w in values:
                    d = (Bits(64, v.index) - Bits(64, w.index)).value
                    if isinstance(d, int) and 0 < d <= NEXT:
                        for j in range(d):
                            i = Bits(64, w.index) + j
                            assert isinstance(i.value, Term)
                            steps[intern(i.value).id] = i
            for i in steps.values():
                if self._path.decide(i < 2**64 - 1) is True:
                    after = values[0].of.after(i)
                    said = None if after is None else values[0].of.at(i + 1) == after
                    said = self.said(said) if isinstance(said, Relation) else None
                    if isinstance(said, Relation):
                        found.append(said)
        return found

    def named(self, asked: Sequence[Relation]) -> Question | None:
        """The same claims, of any words in place of large ones of which something is known; None if they speak of none.

        After many steps of a fold the value of the last one is such a word, and how it was made no longer matters.
        What holds of any word in its place holds of it: each is replaced by a variable of its own, of which nothing
        is known but its possible bits, and what is known of the word.
        """
        large = {
            t for r in self.relations for _, _, t in r.leaves() if not isinstance(t, (Var, App)) and size(t) >= LARGE
        }
        if large:
            large &= {t for r in asked for _, _, leaf in r.leaves() for t in below(leaf)}
        if not large:
            return None
        names: dict[Term, Value] = {t: Var("word", t.width, pb=t.pb, secret=ops.is_secret(t)) for t in large}
        rename = Substitution(names)

        def put(b: Bits) -> Bits:
            return Bits(b.width, rename(b.value))

        said = [r.map(put) for r in asked]
        if not all(isinstance(r, Relation) for r in said):
            return None
        general, relations = copy(self), [r for r in said if isinstance(r, Relation)]
        general.relations = _of_use(
            [r for r in (r.map(put) for r in self.relations) if isinstance(r, Relation)], relations
        )
        return Question(general, relations)

    def question(self, asked: Sequence[Relation]) -> Question:
        """Claims whose words were put already."""
        return Question(self, asked)

    def facts(self, asked: Sequence[Relation]) -> list[Relation]:
        """What the path's facts say as integers of the words that a claim is made of."""
        met = {t for r in asked for _, _, leaf in r.leaves() for t in free_terms(leaf)}
        found = []
        for f in self._path.knowledge.facts:
            if isinstance(f, Term) and size(f) <= FACT_LIMIT and any(t in met for t in free_terms(f)):
                said = _said(f)
                if said is not None:
                    found.append(said)
        return found


class Question:
    """Some claims, to be shown by what is known."""

    def __init__(self, known: Known, asked: Sequence[Relation]) -> None:
        self._known = known
        self._asked = asked
        self._words = [r for r in known.relations if not speaks_of_folds(r)]
        self._plain = _Words(known, self._words, [r for r in asked if not speaks_of_folds(r)])
        self._place: dict[int, int] = {}
        for k, r in enumerate(asked):
            if not speaks_of_folds(r):
                self._place[k] = len(self._place)

    def chooses(self, k: int) -> bool:
        """Whether the k-th is about wide numbers that are chosen among others: cases tell which."""
        return k in self._place and self._plain.chooses(self._place[k])

    def fails(self, k: int) -> bool:
        """Whether words were found of which all holds that is known, and the k-th does not: then it does not follow.

        Only claims about words are looked at, where nothing is known of folds.
        """
        if k not in self._place or len(self._words) < len(self._known.relations):
            return False
        with suppress(Undefined):
            return self._met is not None and not holds(self._asked[k], self._met)
        return False

    @cached_property
    def _met(self) -> Evaluator | None:
        """An assignment that meets all that is known, if one was found."""
        return next(filter(self._meets_all, assignments()), None)

    def _meets_all(self, values: Evaluator) -> bool:
        facts = self._known._path.knowledge.facts
        with suppress(Undefined):
            return all(values(f) == 1 for f in facts) and all(holds(r, values) for r in self._words)
        return False

    def show(self, k: int, *, search: bool = True) -> Shown:
        """Whether the k-th of them follows; without `search` only if it shows at once."""
        if k in self._place:
            found = self._plain.show(self._place[k], search=search)
            # What is known of values of folds may leave no other case.
            by_folds = search and not found.holds and len(self._words) < len(self._known.relations)
            if by_folds:
                otherwise = self._by_folds(k)
                return otherwise if otherwise.holds else found
            return found
        return self._by_folds(k)

    def _by_folds(self, k: int) -> Shown:
        """Whether the k-th follows from what is known of values of folds.

        First with what shows at once of words alone: most ways to write a number as a sum are wrong, and that a wrong
        one's coefficients are not shown takes long to find.  For that moment only what speaks of nothing else counts.
        """

        def of_words(asked: Sequence[Relation], put: Put, more: Sequence[Relation], search: bool) -> list[Shown]:
            of = None if search else frozenset().union(*map(_unknowns, asked))
            known = [r for k in (*self._words, *more) if isinstance(r := k.map(put), Relation)]
            words = _Words(self._known, [r for r in known if of is None or _unknowns(r) <= of], asked)
            return [words.show(j, search=search) for j in range(len(asked))]

        found = Shown(False)
        for search in (False, True):
            found = unbounded(self._known.relations, self._asked[k], partial(of_words, search=search))
            if found.holds:
                break
        return found


class _Words:
    """Claims about words, by what is known of them; and where that shows nothing by the path's facts, too."""

    def __init__(self, known: Known, words: Sequence[Relation], asked: Sequence[Relation]) -> None:
        self._known, self._words, self._asked = known, words, asked
        # Names for factors are of use where something is known modulo a number; elsewhere they are tried last.
        self._named = any(modulus for r in words for _, modulus, _, _ in r.parts)
        self._arguments: dict[tuple[bool, bool], Argument] = {}
        self._alike = Alike(words, asked, self._follows)

    def chooses(self, k: int) -> bool:
        return self._argument(False, self._named).chooses(k)

    def show(self, k: int, *, search: bool = True) -> Shown:
        if not search:
            return self._argument(False, self._named).show(k, search=False)
        if self._alike.shows(k):
            return Shown(True)
        found = self._show(k, False)
        if not found.holds and self._facts:
            by_facts = self._show(k, True)
            return by_facts if by_facts.holds else found
        return found

    def _follows(self, known: Sequence[Relation], asked: Relation) -> bool:
        """Whether a claim follows from so much of what is known, and nothing else."""
        return _Words(self._known, known, [asked])._show(0, False).holds

    def _show(self, k: int, facts: bool) -> Shown:
        argument, other = self._argument(facts, self._named), None
        found = argument.show(k, search=False)
        if not found.holds and argument.translator.has_sums_as_factors:
            other = self._argument(facts, not self._named)
            found = other.show(k, search=False)
        # What shows at once in either form takes a moment, what does not may take long.
        for a in (argument, other) if not found.holds else ():
            found = a.show(k) if a is not None and not found.holds else found
        return found

    @cached_property
    def _facts(self) -> list[Relation]:
        return self._known.facts(self._asked)

    def _argument(self, facts: bool, named: bool) -> Argument:
        made = self._arguments.get((facts, named))
        if made is None:
            words = [*self._words, *self._facts] if facts else self._words
            made = self._arguments[facts, named] = Argument(words, self._asked, name_factors=named)
        return made


def _of_use(known: Sequence[Relation], asked: Sequence[Relation]) -> list[Relation]:
    """What is known of the unknowns of what is asked, of those that occur there with them, and so on."""
    met = set[Term]().union(*map(_unknowns, asked))
    left, found = [(r, _unknowns(r)) for r in known], list[Relation]()
    while any(of & met for _, of in left):
        more, left = [(r, of) for r, of in left if of & met], [(r, of) for r, of in left if not of & met]
        found += [r for r, _ in more]
        met = met.union(*(of for _, of in more))
    return found


def _masked_sums(t: Term) -> Iterator[tuple[Poly, Sum, int, int]]:
    """(p, s, k, most): p is s << k, with the bits of `most << k` and those of a number beside them."""
    for p in below(t):
        if not isinstance(p, Poly) or p.width != 64 or len(p.entries) != 1 or ops.is_secret(p):
            continue
        ((m, mask),) = p.entries.items()
        base, s = m.factors[0]
        k, most = -s, mask >> max(-s, 0)
        if len(m.factors) != 1 or not isinstance(base, Sum) or base.width != 64 or s > 0:
            continue
        # (All low bits of the sum, and none of those that were shifted in or out; the number has none of them.)
        if most & (most + 1) == 0 and most << k == mask and mask < 1 << 64 and not mask & p.const:
            yield p, base, k, most


def _choices(t: Term) -> Iterator[tuple[Term, Op]]:
    """The choices in a value that is not large, each after its condition."""
    if size(t) > FACT_LIMIT:
        return
    todo, seen = [t], set()
    while todo:
        u = todo.pop()
        if u.id not in seen:
            seen.add(u.id)
            todo += [intern(c) for c in children(u) if isinstance(c, Term)]
            if isinstance(u, Op) and u.kind == "ite" and isinstance(u.args[0], Term):
                yield u.args[0], u


def _numbers(path: Path, *, numbers_only: bool) -> dict[Term, Value]:
    """The public variables that facts equate with numbers, or with a number more than another one."""
    found: dict[Term, Value] = {}
    for f in path.knowledge.facts:
        if not isinstance(f, Op) or f.kind != "eq":
            continue
        a, b = f.args
        if isinstance(a, Var) and isinstance(b, int) and not ops.is_secret(a):
            found[a] = b
        elif f.arg_width == 64 and not numbers_only:
            put = Substitution(found)
            equal = _distance(put((Bits(64, a) - Bits(64, b)).value)) or _bitwise(put(ops.xor(64, a, b)))
            if equal is not None:
                v, value = equal
                put = Substitution({v: value})
                found = {t: put(w) for t, w in found.items()} | {v: value}
    return found


def _distance(v: Value) -> tuple[Var, Value] | None:
    """(a, b + c), c >= 0, where a value, a - b - c or its opposite, is 0 of two public variables a and b.

    Of more of them the latest variable that occurs once, and what it is then.
    """
    if isinstance(v, int):
        return None
    terms, const = linear_view(v)
    if any(ops.is_secret(t) for t in terms):
        return None
    if len(terms) != 2 or sorted(terms.values()) != [1, 2**64 - 1]:
        return _latest(terms, const)
    # a = b + c, a the one with coefficient 1 if c = -const is not negative.
    (b, a) = sorted(terms, key=lambda t: terms[t] == 1)
    c = signed(-const & (2**64 - 1))
    if c < 0 or (c == 0 and a.id > b.id):
        a, b, c = b, a, -c
    return (a, (Bits(64, b) + c).value) if isinstance(a, Var) and isinstance(b, Var) and c <= NEAR else None


def _bitwise(v: Value) -> tuple[Var, Value] | None:
    """(a, b) where a value, a ^ b, is 0, and no bit of b is made of the public variable a: the latest one."""
    if isinstance(v, int) or size(v) > FACT_LIMIT:
        return None
    made_of = free_terms(v)
    if any(ops.is_secret(t) for t in made_of):
        return None
    for a in sorted((t for t in made_of if isinstance(t, Var) and t.width == 64), key=lambda t: -t.id):
        b = ops.xor(64, v, a)
        if isinstance(b, int) or a not in free_terms(b):
            return a, b
    return None


def _latest(terms: Mapping[Term, int], const: int) -> tuple[Var, Value] | None:
    once = [
        t
        for t, c in terms.items()
        if isinstance(t, Var) and c in (1, 2**64 - 1) and not any(t in free_terms(u) for u in terms if u is not t)
    ]
    if not once or len(terms) > MOST_CHOICES:
        return None
    a = max(once, key=lambda t: t.id)
    rest = Bits(64, const)
    for t, c in terms.items():
        if t is not a:
            rest = rest + Bits(64, t) * c
    return a, (rest if terms[a] != 1 else -rest).value


def _said(fact: Term) -> Relation | None:
    """A one-bit value that is 1, as a claim about integers; None where it is none that is of use."""
    f = intern(fact)
    if isinstance(f, Op):
        a, b = (_number(v, f.arg_width) for v in f.args) if f.kind in ("eq", "ult") else (0, 0)
        if f.kind == "eq" and f.arg_width > 1:
            return _relation(a == b)
        if f.kind == "ult":
            return _relation(a < b)
    if isinstance(f, Var):
        return _relation(_number(f, 1) == 1)
    inner = _negated(f)
    if isinstance(inner, Op):
        if inner.kind == "ult":
            a, b = (_number(v, inner.arg_width) for v in inner.args)
            return _relation(b <= a)
        if inner.kind == "eq" and 0 in inner.args and inner.arg_width > 1:
            (v,) = (v for v in inner.args if isinstance(v, Term))
            return _relation(_number(v, inner.arg_width) >= 1)
    if isinstance(inner, Var):
        return _relation(_number(inner, 1) == 0)
    return None


def _negated(f: Term) -> Term | None:
    """The one-bit term that is 0 where f is 1."""
    n = ops.xor(1, f, 1)
    return intern(n) if isinstance(n, Term) and isinstance(f, Poly) else None


def _number(v: Value, width: int) -> IntegerLike:
    return integer(Bits(width, v))


def _relation(r: Relation | bool) -> Relation | None:
    return r if isinstance(r, Relation) else None


def _unknowns(r: Relation) -> frozenset[Term]:
    """What the words of a relation are made of."""
    return frozenset(t for _, _, w in r.leaves() for t in free_terms(w))
