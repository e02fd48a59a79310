"""Claims that depend on few bits at a time, decided by trying every value of those bits.

A table-free S-box is a formula of some forty terms in the eight bits of one byte.  Normal forms of two such
formulas do not meet, and a solver takes long over each; their 256 values take no time.

The claim is a bit, or an equation `x = constant`, which is one claim for each bit of x.  A bit is the
XOR of monomials.  They fall into groups that share no free bit with each other, such as the four
bytes of a column that MixColumns adds up.  Values of different groups can be chosen independently,
so the XOR is the constant for every assignment exactly when each group by itself is constant and
the constants add up.  Each group is evaluated for all assignments of its free bits at once: the truth table of a
bit is a Python integer with one bit for each assignment.

Free bits are those of variables and of applications of uninterpreted functions (each taken as independent
of all others, which can only make less hold); an opaque function is its definition.  Where these are too many,
comparisons of values in which nothing is compared are free bits as well: which lanes of a vector are below a bound
is any pattern then.  Nothing else
is assumed: no fact of a path is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from functools import lru_cache
from itertools import chain, product

from armsym.bits import Bits, OpaqueFunction
from armsym.bits.opaque import definitions_of, nothing_known
from armsym.discharge.fewer_bits import FewerBits, with_fewer_bits
from armsym.discharge.unfolding import stay_folded, unfolded
from armsym.terms import ops
from armsym.terms.arithmetic import xor
from armsym.terms.digest import key_of
from armsym.terms.evaluate import Substitution
from armsym.terms.forms import Forms, TooLarge
from armsym.terms.linear import make_sum
from armsym.terms.node import App, Mono, Op, Poly, Sum, Term, Value, Var, intern, kept_by_table, ones
from armsym.terms.poly import poly_view
from armsym.terms.walk import below, children, complete

__all__ = ["LIMIT_BITS", "always"]

#: Operations that have truth tables, and those for which the claim is left to others.
COVERED = frozenset({"and", "eq", "ult", "slt", "ite", "table"})
COMPARISONS = frozenset({"eq", "ult", "slt"})
REFUSED = frozenset({"mul", "udiv", "clmul", "shl", "lshr", "ashr", "select"})

#: Free bits that one group may have: its truth tables have 2**LIMIT_BITS bits.
LIMIT_BITS = 16
#: Distinct terms, and terms within terms, that a claim may have.
LIMIT_TERMS, LIMIT_DEPTH = 20_000, 100


class _TooMuch(Exception):
    """The claim is not for this rule."""


def always(claim: Value) -> bool:
    """Whether a one-bit value is 1 under every assignment; False also where this rule cannot tell."""
    if isinstance(claim, int):
        return bool(claim)
    claim = intern(claim)
    known = kept_by_table(always, dict[int, bool])
    if claim.id in known:
        return known[claim.id]
    # What is known on one path must not count for claims of others.
    oracle = ops.set_oracle(None)
    try:
        found = _whatever_stays(claim) or _defined_or_not(claim)
    finally:
        ops.set_oracle(oracle)
    # (What a function means may be said later: of claims that speak of none the answer stays.)
    if not any(isinstance(t, App) for t in below(claim)):
        known[claim.id] = found
    return found


def _whatever_stays(claim: Term) -> bool:
    """Whether the claim holds whatever values those functions have that unfold, but not in it.

    Rounds of a cipher are alike then.  What is shown of one is shown with a variable for each of them, so it is so of
    all that are the same but for the names of unknowns.
    """
    stay = stay_folded(claim)
    form = _form(claim, frozenset(stay)) if stay else None
    if form is None:
        return False
    known = kept_by_table(_whatever_stays, dict[bytes, bool])
    if form not in known:
        any_value: dict[Term, Value] = {t: Var(f"{t.name} {k}", t.width) for k, t in enumerate(stay)}
        general = Substitution(any_value, alone=nothing_known)(claim)
        known[form] = _defined_or_not(intern(general)) if isinstance(general, Term) else bool(general)
    return known[form]


def _defined_or_not(claim: Term) -> bool:
    """Whether the claim is shown, with functions unfolded or as it stands."""
    defined = unfolded(claim)
    return (defined is not None and _some_variant(defined)) or _some_variant(claim)


def _some_variant(claim: Value) -> bool:
    """Whether the claim, or one that implies it, is shown."""
    if isinstance(claim, int):
        return bool(claim)
    claim = intern(claim)
    variants: Iterator[Term | FewerBits] = chain(_fewer(claim), (claim,))
    met: list[tuple[Term | FewerBits, bytes | None]] = []
    # (Each is made when those before it are not shown, and looked at a second time with more free bits.)
    for variant in variants:
        met.append((variant, _form(variant)))
        if _shown(*met[-1], False):
            return True
    return any(_shown(variant, form, True) for variant, form in met)


def _fewer(claim: Term) -> Iterator[FewerBits]:
    for through in (False, True):
        fewer = with_fewer_bits(claim, through)
        if fewer is not None:
            yield fewer


def _shown(claim: Term | FewerBits, form: bytes | None, free: bool) -> bool:
    """Whether a claim is shown: what is so of one is so of all that are the same but for the names of unknowns."""
    known = kept_by_table(_shown, dict[tuple[bytes, bool], bool])
    if form is not None and (form, free) in known:
        return known[form, free]
    said = claim.claim() if isinstance(claim, FewerBits) else claim
    found = _always(intern(said), free) if isinstance(said, Term) else bool(said)
    if form is not None:
        known[form, free] = found
    return found


def _form(claim: Term | FewerBits, unknown: Set[App] = frozenset()) -> bytes | None:
    """A claim but for the names of its unknowns, as a digest: forms of many claims would be large.  None of a claim
    that is too large for this rule.

    Applications that are `unknown` are taken for unknowns.
    """
    numbers = kept_by_table(_form, dict[OpaqueFunction, int])

    def meant(t: App) -> tuple[int, ...] | None:
        if t in unknown:
            return None
        # (Functions are numbered as they are met: kept by what numbers them, none takes another's place.)
        return tuple(numbers.setdefault(f, len(numbers)) for f in definitions_of(t)) or None

    named = claim.arguments if isinstance(claim, FewerBits) else {}
    forms = Forms(meant, LIMIT_TERMS, named)
    try:
        value = forms.of(claim.of if isinstance(claim, FewerBits) else claim)
    except TooLarge:
        return None
    return key_of((*forms.nodes, value))


def _always(claim: Term, free: bool) -> bool:
    try:
        # An equation holds when each of its bits does.
        if isinstance(claim, Op) and claim.kind == "eq" and isinstance(claim.args[0], Term):
            value, number = _difference(claim.args[0], claim.args[1])
            return _Claim(intern(value), free).equals(number) if isinstance(value, Term) else value == number
        return _Claim(claim, free).equals(1)
    except _TooMuch:
        return False


def _difference(value: Term, number: Value) -> tuple[Value, Value]:
    """An equation with a sum on the left, as what is added there XOR what is subtracted, to be 0."""
    if not isinstance(value, Sum) or not isinstance(number, int):
        return value, number
    w, half = value.width, 1 << value.width - 1
    added = {t: c for t, c in value.terms.items() if c < half}
    subtracted = {t: (1 << w) - c for t, c in value.terms.items() if c >= half}
    right = make_sum(w, subtracted, number - value.const & ones(w))
    return xor(w, make_sum(w, added, 0), right), 0


def _opaque(t: App) -> OpaqueFunction | None:
    """The definition behind an application, if it has one that can be tabulated."""
    found = definitions_of(t)
    return found[0] if found and 0 < sum(t.widths) <= LIMIT_BITS else None


#: Values of opaque functions at all arguments, the last argument counting fastest.
_tables: dict[tuple[OpaqueFunction, tuple[int, ...]], list[int]] = {}


def _values(f: OpaqueFunction, widths: tuple[int, ...]) -> list[int]:
    key = (f, widths)
    if key not in _tables:
        everything = product(*(range(1 << w) for w in widths))
        _tables[key] = [f(*map(Bits, widths, args)).uint for args in everything]
    return _tables[key]


class _Claim:
    """A value to be compared with a number: which free bits each bit of it depends on, and the comparison."""

    def __init__(self, value: Term, free: bool = False) -> None:
        """With `free`, comparisons of values in which nothing is compared are free bits."""
        self.value, self._free = value, free
        #: Whether something is compared in a term, or looked up.
        self._compares: dict[int, bool] = {}
        #: For each term: for each of its bits, the free bits it may depend on, as a mask.
        self.support: dict[int, list[int]] = {}
        #: (term, bit) of each free bit, by its number.
        self.free: list[tuple[int, int]] = []
        self._depth: dict[int, int] = {}
        self._groups: dict[int, _Group] = {}
        #: Sums at no position of which two summands can have a 1: without carries, each bit is the XOR of theirs.
        self._carryless: set[int] = set()
        self._learn(value)

    def _learn(self, v: Term) -> None:
        todo = [v]
        while todo:
            t = todo[-1]
            if t.id in self.support:
                todo.pop()
                continue
            parts = [intern(c) for c in self._parts(t)]
            waiting = [c for c in parts if c.id not in self.support]
            if waiting:
                todo.extend(waiting)
                continue
            self._depth[t.id] = 1 + max((self._depth[c.id] for c in parts), default=0)
            if self._depth[t.id] > LIMIT_DEPTH or len(self.support) > LIMIT_TERMS:
                raise _TooMuch
            self.support[t.id] = found = self._support(t)
            # Each bit of an opaque function depends on all of its arguments: what is made of it has no table.
            if isinstance(t, App) and found[0].bit_count() > LIMIT_BITS:
                raise _TooMuch
            todo.pop()

    def _parts(self, t: Term) -> list[Term]:
        if (isinstance(t, App) and _opaque(t) is None) or self._is_free(t):
            return []  # a free value, whatever its arguments are
        return [c for c in children(t) if isinstance(c, Term)]

    def _is_free(self, t: Term) -> bool:
        """Whether it is a comparison that counts as a free bit."""
        return (
            self._free
            and isinstance(t, Op)
            and t.kind in COMPARISONS
            and not any(self._has_comparison(c) for c in children(t) if isinstance(c, Term))
        )

    def _has_comparison(self, t: Term) -> bool:
        def found(u: Term) -> bool:
            inside = any(self._compares[intern(c).id] for c in children(u) if isinstance(c, Term))
            return inside or (isinstance(u, Op) and u.kind in (*COMPARISONS, "table"))

        return complete(intern(t), self._compares, found)

    def _support(self, t: Term) -> list[int]:
        w = t.width
        if isinstance(t, Var) or (isinstance(t, App) and _opaque(t) is None) or self._is_free(t):
            out = []
            for p in range(w):
                if t.pb >> p & 1:
                    out.append(1 << len(self.free))
                    self.free.append((t.id, p))
                else:
                    out.append(0)
            return out
        if isinstance(t, Poly):
            out = [0] * w
            for m, mask in t.entries.items():
                for p in _positions(mask):
                    out[p] |= self._of_product(m, p)
            return out
        if isinstance(t, Op) and t.kind == "ite":
            # Bit by bit, as it is evaluated.
            c, *branches = t.args
            chosen = self._of_bit(c, 0)
            return [chosen | self._of_bit(branches[0], p) | self._of_bit(branches[1], p) for p in range(w)]
        if isinstance(t, Sum) and self._never_carries(t):
            self._carryless.add(t.id)
            return [self._of_all(summands) for summands in _by_position(t)]
        total = 0
        for c in self._parts(t):
            for s in self.support[intern(c).id]:
                total |= s
        return [total] * w

    def _never_carries(self, t: Sum) -> bool:
        """Whether no two summands have a 1 at one position, under any assignment."""
        if any(not c or c & c - 1 for c in t.terms.values()):
            return False  # a summand at several positions of its own
        for p, summands in enumerate(_by_position(t)):
            if len(summands) + (t.const >> p & 1) < 2:
                continue
            support = self._of_all(summands)
            if t.const >> p & 1 or support.bit_count() > LIMIT_BITS:
                return False
            if not self._group(support).apart(summands):
                return False
        return True

    def _of_all(self, bits: list[tuple[Term, int]]) -> int:
        total = 0
        for u, q in bits:
            total |= self.support[intern(u).id][q]
        return total

    def _of_bit(self, v: Value, p: int) -> int:
        return 0 if isinstance(v, int) else self.support[intern(v).id][p]

    def _of_product(self, m: Mono, p: int) -> int:
        total = 0
        for base, s in m.factors:
            if not 0 <= p + s < base.width:
                return 0  # a bit beyond the end: the product is 0
            total |= self.support[base.id][p + s]
        return total

    def equals(self, number: Value) -> bool:
        """Whether the value is `number` under every assignment of the free bits."""
        if not isinstance(number, int):
            raise _TooMuch
        entries, const = poly_view(self.value)
        by_bit: list[list[Mono]] = [[] for _ in range(self.value.width)]
        for m, mask in entries.items():
            for p in _positions(mask):
                by_bit[p].append(m)
        return all(self._bit(p, monos, (const ^ number) >> p & 1) for p, monos in enumerate(by_bit))

    def _bit(self, p: int, monos: list[Mono], expected: int) -> bool:
        """Whether the XOR of bit p of the monomials is always `expected`."""
        groups: list[tuple[int, list[Mono]]] = []
        for m in monos:
            bits, members = self._of_product(m, p), [m]
            apart = []
            for g in groups:
                if g[0] & bits:
                    bits |= g[0]
                    members += g[1]
                else:
                    apart.append(g)
            groups = [*apart, (bits, members)]
        for bits, members in groups:
            constant = self._group(bits).constant(p, members)
            if constant is None:
                return False
            expected ^= constant
        return expected == 0

    def _group(self, bits: int) -> _Group:
        if bits not in self._groups:
            if bits.bit_count() > LIMIT_BITS:
                raise _TooMuch
            self._groups[bits] = _Group([self.free[n] for n in _positions(bits)], self._carryless)
        return self._groups[bits]


class _Group:
    """Truth tables of bits that depend on no other free bits than these."""

    def __init__(self, free: list[tuple[int, int]], carryless: set[int]) -> None:
        size = 1 << len(free)
        self._carryless = carryless
        self._full = ones(size)
        #: Truth table of each (term, bit): bit k is the value under assignment k.
        self._known: dict[tuple[int, int], int] = {}
        for j, place in enumerate(free):
            # Free bit j is bit j of the assignment's number: runs of 2**j zeros and ones.
            run = 1 << j
            pattern = ones(run) << run
            while run * 2 < size:
                pattern |= pattern << run * 2
                run *= 2
            self._known[place] = pattern

    def constant(self, p: int, monos: list[Mono]) -> int | None:
        """The value of the XOR of bit p of the monomials, if it is the same under all assignments."""
        total = 0
        for m in monos:
            total ^= self._product(m, p)
        return 0 if total == 0 else 1 if total == self._full else None

    def apart(self, bits: list[tuple[Term, int]]) -> bool:
        """Whether at most one of these bits is 1, under each assignment."""
        seen = 0
        for u, q in bits:
            table = self._bit(u, q)
            if seen & table:
                return False
            seen |= table
        return True

    def _product(self, m: Mono, p: int) -> int:
        bits = self._full
        for base, s in m.factors:
            bits &= self._bit(base, p + s)
        return bits

    def _bit(self, v: Value, p: int) -> int:
        """The truth table of bit p of a value; 0 beyond its ends."""
        if p < 0 or (not isinstance(v, int) and p >= v.width):
            return 0
        if isinstance(v, int):
            return self._full if v >> p & 1 else 0
        t = intern(v)
        found = self._known.get((t.id, p))
        if found is None:
            self._compute(t, p)
            found = self._known[t.id, p]
        return found

    def _compute(self, t: Term, p: int) -> None:
        """Find out bit p of a term, and other bits of it that cost nothing more."""
        if isinstance(t, Var):
            assert not t.pb >> p & 1, "a free bit outside the group"
            self._known[t.id, p] = 0
        elif isinstance(t, Poly):
            total = self._full if t.const >> p & 1 else 0
            for m, mask in t.entries.items():
                if mask >> p & 1:
                    total ^= self._product(m, p)
            self._known[t.id, p] = total
        elif isinstance(t, App):
            f = _opaque(t)
            assert f is not None, "a free bit outside the group"
            index = [self._bit(a, q) for a, w in zip(t.args, t.widths, strict=True) for q in reversed(range(w))]
            self._look_up(t, index, dict(enumerate(_values(f, t.widths))))
        elif isinstance(t, Sum) and t.id in self._carryless:
            total = self._full if t.const >> p & 1 else 0
            for u, q in _by_position(t)[p]:
                total ^= self._bit(u, q)
            self._known[t.id, p] = total
        elif isinstance(t, Sum):
            self._sum(t)
        else:
            assert isinstance(t, Op)
            self._operation(t, p)

    def _look_up(self, t: Term, index: list[int], entries: dict[int, int]) -> None:
        """All bits of `entries[index]`, 0 where there is none; the index's highest bit first."""
        where = {0: self._full}  # under which assignments the index begins with these bits
        for bit in index:
            halves = ((2 * k + b, at & (bit if b else self._full ^ bit)) for k, at in where.items() for b in (0, 1))
            where = {k: at for k, at in halves if at}
        out = [0] * t.width
        for k, at in where.items():
            for q in _positions(entries.get(k, 0)):
                out[q] |= at
        for q, table in enumerate(out):
            self._known[t.id, q] = table

    def _sum(self, t: Sum) -> None:
        """Schoolbook addition, a summand for each bit of each coefficient."""
        w = t.width
        total = [self._bit(t.const, q) for q in range(w)]
        for u, coefficient in t.terms.items():
            for k in _positions(coefficient):
                carry = 0
                for q in range(k, w):
                    a, b = total[q], self._bit(u, q - k)
                    total[q] = a ^ b ^ carry
                    carry = a & b | carry & (a ^ b)
        for q, table in enumerate(total):
            self._known[t.id, q] = table

    def _operation(self, t: Op, p: int) -> None:
        kind, w = t.kind, t.arg_width
        if kind == "table":
            index, entries = t.args
            assert isinstance(entries, int)
            count = entries.bit_length() // t.width + 1
            rows = {k: entries >> k * t.width & ones(t.width) for k in range(count)}
            self._look_up(t, [self._bit(index, q) for q in reversed(range(w))], rows)
            return
        if kind == "ite":
            c, a, b = t.args
            chosen = self._bit(c, 0)
            value = chosen & self._bit(a, p) | (self._full ^ chosen) & self._bit(b, p)
        elif kind == "and":
            a, b = t.args
            value = self._bit(a, p) & self._bit(b, p)
        elif kind == "eq":
            a, b = t.args
            value = self._full
            for q in range(w):
                value &= self._full ^ self._bit(a, q) ^ self._bit(b, q)
        elif kind in ("ult", "slt"):
            a, b = t.args
            value = 0
            for q in range(w):
                x, y = self._bit(a, q), self._bit(b, q)
                if kind == "slt" and q == w - 1:
                    x, y = y, x  # the sign: 1 is less than 0
                value = (self._full ^ x) & y | (self._full ^ x ^ y) & value
        elif kind in REFUSED:
            raise _TooMuch
        else:
            raise AssertionError(f"truth tables have no reading of the operation {kind}")
        self._known[t.id, p] = value


def _by_position(t: Sum) -> list[list[tuple[Term, int]]]:
    """Which bits of summands a sum adds at each position; each coefficient is a power of two."""
    out: list[list[tuple[Term, int]]] = [[] for _ in range(t.width)]
    for u, coefficient in t.terms.items():
        k = coefficient.bit_length() - 1
        assert coefficient == 1 << k, "a summand at several positions"
        for q in range(min(u.width, t.width - k)):
            out[q + k].append((u, q))
    return out


@lru_cache(maxsize=4096)
def _positions(mask: int) -> tuple[int, ...]:
    """The numbers of the bits that are set, lowest first."""
    out = []
    while mask:
        low = mask & -mask
        out.append(low.bit_length() - 1)
        mask ^= low
    return tuple(out)
