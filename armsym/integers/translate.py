"""What a term is over the integers: its unsigned value as a polynomial.

With `kernel` this is what has to be believed: each function here says in one line which number a term is.  Whatever
it is not sure of becomes an unknown of the term's width, of which nothing else is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from armsym.integers.disjunction import alternatives
from armsym.integers.floors import Floor, Floors, is_floor
from armsym.integers.kernel import Fact, Kernel
from armsym.integers.polynomial import ONE, Polynomial, add, const, scale
from armsym.integers.ranges import Ranges
from armsym.integers.rewriting import rewrite
from armsym.terms import ops
from armsym.terms.evaluate import Substitution
from armsym.terms.node import App, Mono, Op, Origin, Poly, Sum, Term, Value, Var, intern, mono

__all__ = ["Lane", "Translator", "is_lane"]

#: A polynomial over GF(2) is taken apart by the values of at most this many bits.
MOST_SELECTORS = 4


#: An unknown of as many bits as a vector register is taken for lanes, of so many bits each.
VECTOR, LANE = 128, 32


@dataclass(frozen=True)
class Lane:
    """How a term that is not looked into is to be read: as a signed number within bounds."""

    lo: int
    hi: int


class Translator:
    """The values of terms.  `lanes` are terms, by id, that are read as signed numbers of their width."""

    def __init__(
        self,
        kernel: Kernel,
        *,
        lanes: Mapping[int, Lane] | None = None,
        widths: frozenset[int] = frozenset(),
        bounds: Mapping[int, tuple[int, int]] | None = None,
        name_factors: bool = False,
    ) -> None:
        """`widths` are those of lanes, whose sums get names; with `name_factors` factors of products get some, too.

        `bounds` are of unsigned values of terms that are not looked into, by id; who gives them answers for them.
        """
        self.kernel = kernel
        self.ranges = Ranges(kernel)
        self.floors = Floors(kernel, self.ranges, balanced=bool(widths))
        self._lanes, self._widths = dict(lanes or {}), widths
        self._bounds, self._name_factors = dict(bounds or {}), name_factors
        #: Whether a factor of a product was a sum: with names for those, more may be found.
        self.has_sums_as_factors = False
        self._known: dict[int, Polynomial] = {}
        self._names: dict[tuple[str, frozenset[tuple[tuple[int, ...], int]]], int] = {}
        self._products: dict[tuple[int, ...], Polynomial] = {}
        #: Which unknown stands for a term, for people and for tests.
        self.unknowns: dict[int, Term] = {}
        self._busy: set[int] = set()
        #: What is known of values of summands, by term.
        self._ranges_of: dict[int, Fact] = {}
        #: The lanes of vectors that are not looked into, by vector and first bit.
        self._lanes_of: dict[tuple[int, int], Polynomial] = {}

    # -- values -------------------------------------------------------------------------------------

    def value(self, v: Value) -> Polynomial:
        """The unsigned value of a number or term."""
        if isinstance(v, int):
            return const(v)
        v = intern(v)
        found = self._known.get(v.id)
        if found is None:
            self._prepare(v)
            found = self._known[v.id]
        return found

    def signed(self, v: Value, width: int) -> Polynomial:
        """The signed value: that of the bits below the sign, less 2**(width - 1) if it is set."""
        if isinstance(v, int):
            return const(v - (1 << width) if v >> (width - 1) & 1 else v)
        p = self.value(v)
        return add(p, self.floors.floor(p, 1 << (width - 1)).F, -(1 << width))

    def _prepare(self, t: Term) -> None:
        """Make the values of what `t` is made of, and its own, from the inside out."""
        todo = [t]
        while todo:
            u = todo[-1]
            if u.id in self._known:
                todo.pop()
                self._busy.discard(u.id)
                continue
            waiting = [c for c in self._parts(u) if c.id not in self._known]
            # An origin may lead back to the term itself: then the flat sum has to do.
            if waiting and u.id not in self._busy:
                self._busy.add(u.id)
                # In the order of the program: quotients are numbered as they are met.
                todo.extend(c for c in reversed(waiting) if c.id not in self._busy)
                continue
            self._known[u.id] = self._named(u, self._value(u))
            self._busy.discard(u.id)
            todo.pop()

    def _parts(self, t: Term) -> list[Term]:
        if t.id in self._lanes:
            return []
        values: list[Value] = []
        if isinstance(t, Sum):
            origin = t.origin
            if origin is None:
                values = list(t.terms)
            elif origin[0] == "add":
                values = [v for v, _ in _added(origin)]
            elif origin[0] == "ite":
                values = list(origin[1:])
            else:
                values = [origin[1]]
        elif isinstance(t, Poly):
            values = [base for m in t.entries for base, _ in m.factors if not _is_wide_and(base)]
        elif isinstance(t, Op):
            values = list(t.args)
        return [intern(v) for v in values if isinstance(v, Term)]

    def _ready(self, *values: Value) -> bool:
        return all(isinstance(v, int) or intern(v).id in self._known for v in values)

    def _value(self, t: Term) -> Polynomial:
        lane = self._lanes.get(t.id)
        if lane is not None:
            return self._signed_unknown(t, lane)
        if isinstance(t, Sum):
            return self._sum(t)
        if isinstance(t, Poly):
            return self._poly(t)
        if isinstance(t, Op):
            found = _OPERATIONS.get(t.kind)
            if found is not None:
                p = found(self, t)
                if p is not None:
                    return p
        return self.bits(t, 0, t.width - 1) if _is_vector(t) else self._unknown(t)

    # -- what is not looked into --------------------------------------------------------------------

    def _unknown(self, t: Term) -> Polynomial:
        """A multiple of its lowest possible bit, at most all of its possible bits, or what is known."""
        low = t.pb & -t.pb
        name = getattr(t, "name", None) or getattr(t, "kind", "t")
        lo, hi = 0, t.pb // low
        known = self._bounds.get(t.id)
        if known is not None and low == 1:
            lo, hi = max(lo, known[0]), min(hi, known[1])
        a = self.kernel.unknown(str(name), lo, hi)
        self.unknowns[a] = t
        return {(a,): low}

    def _signed_unknown(self, t: Term, lane: Lane) -> Polynomial:
        """x modulo 2**w for a signed number x."""
        a = self.kernel.unknown(str(getattr(t, "name", "lane")), lane.lo, lane.hi)
        self.unknowns[a] = t
        return self.wrapped({(a,): 1}, t.width)

    # -- sums -----------------------------------------------------------------------------------------

    def wrapped(self, E: Polynomial, width: int, name: str = "w") -> Polynomial:
        """E modulo 2**width."""
        found = self.floors.floor(E, 1 << width, name)
        return add(E, is_floor(E, 1 << width, found).F, -(1 << width))

    def _sum(self, t: Sum) -> Polynomial:
        origin = t.origin
        if origin is not None and self._ready(*self._parts(t)):
            if origin[0] == "ite":
                return self._chosen(origin[1], origin[2], origin[3])
            if origin[0] == "add":
                parts = _added(origin)
            elif origin[0] == "scale":
                parts = [(origin[1], origin[2])]
            else:
                parts = [(origin[1], 1)]
            return self._linear(parts, 0, t.width)
        half = 1 << (t.width - 1)
        signed = [(u, c if c < half else c - 2 * half) for u, c in t.terms.items()]
        return self._linear(signed, t.const if t.const < half else t.const - 2 * half, t.width)

    def _linear(self, parts: Sequence[tuple[Value, int]], number: int, width: int) -> Polynomial:
        """number + sum of coefficient * value, modulo 2**width."""
        half, full = 1 << (width - 1), 1 << width
        E = const(number)
        lo = hi = number
        for v, k in parts:
            if isinstance(v, int):
                # Modulo 2**width -1 is as good as all ones, and carries less.
                c = (v * k) % full
                c = c if c < half else c - full
                E = add(E, const(c))
                lo, hi = lo + c, hi + c
                continue
            t = intern(v)
            E = add(E, self.value(t), k)
            lo, hi = (lo, hi + k * t.pb) if k > 0 else (lo + k * t.pb, hi)
        if lo // full == hi // full:
            # All summands at their least and greatest lie in one window: nothing wraps, whatever they are.
            return add(E, const(-(lo // full) * full))
        if self._name_factors:
            found = self._each_by_itself(parts, number, E, full)
            if found is not None:
                return found
        return self.wrapped(E, width)

    def _each_by_itself(
        self, parts: Sequence[tuple[Value, int]], number: int, E: Polynomial, full: int
    ) -> Polynomial | None:
        """E modulo a number, where what is known of each summand by itself puts the sum in one window; else None."""
        kernel = self.kernel
        of = kernel.derive(E, [(k, self._range(intern(v))) for v, k in parts if isinstance(v, Term)])
        n = of.lo // full
        if n != of.hi // full:
            return None
        F = add(E, const(-n * full))
        return add(E, is_floor(E, full, Floor(const(n), kernel.derive(F, [(1, of)]))).F, -full)

    def _below(self, t: Term, n: int) -> bool:
        """Whether a term's value is found to have no more than n bits."""
        of = self._range(t)
        return not of.under and of.lo >= 0 and of.hi >> n == 0

    def _range(self, t: Term) -> Fact:
        """Bounds of a term's value: those of its possible bits, and what else is found."""
        found = self._ranges_of.get(t.id)
        if found is None:
            p = self.value(t)
            found = self.kernel.meet(self.ranges.bound(p), self.kernel.given(p, 0, t.pb))
            self._ranges_of[t.id] = found
        return found

    def _chosen(self, c: Value, a: Value, b: Value) -> Polynomial:
        """b + c * (a - b) for a bit c."""
        x, y = self.value(a), self.value(b)
        return self._decided(add(y, self.kernel.mul(self.selector(c), add(x, y, -1))))

    def _decided(self, p: Polynomial) -> Polynomial:
        """With q * r put as k * q for bits q and r where r is k if q is not 0: of what is chosen, q says the sign."""
        kernel = self.kernel
        for m, c in list(p.items()):
            if len(m) != 2 or not all(kernel.is_bit(a) and kernel.atoms[a].m > 1 for a in m):
                continue
            for q, r in (m, m[::-1]):
                found = self._implied(q, r)
                if found is not None:
                    k, zero = found
                    new = add(p, {m: 1, (q,): -k} if k else {m: 1}, -c)
                    kernel.same(p, new, [(const(c), zero)])
                    p = new
                    break
        return p

    def _implied(self, q: int, r: int) -> tuple[int, Fact] | None:
        """k, and the fact that q * r - k * q is 0, if the bit r is k wherever the bit q is not 0."""
        kernel = self.kernel
        x = kernel.atoms[q]
        assert x.E is not None
        v = x.lo or x.hi
        here, none = kernel.suppose({(q,): 1}, v, v), kernel.suppose({(q,): 1}, 0, 0)
        of = self.ranges.bound({(r,): 1}, lambda lo, hi: lo >= hi, [kernel.derive(x.E, [(1, q), (x.m, here)])])
        if of.lo != of.hi:
            return None
        k = of.lo
        P: Polynomial = {tuple(sorted((q, r))): 1, (q,): -k} if k else {tuple(sorted((q, r))): 1}
        facts = [kernel.derive(P, (), [({(q,): 1}, of)]), kernel.derive(P, (), [(add({(r,): 1}, const(-k)), none)])]
        zero = kernel.cases(P, facts, [next(iter(s.under)) for s in (here, none)])
        return (k, zero) if zero.lo == zero.hi == 0 and not zero.under else None

    # -- names ----------------------------------------------------------------------------------------

    def name(self, kind: str, E: Polynomial, of: Fact) -> int:
        """An atom that is E, the same for each E of one kind; `of` bounds E."""
        key = (kind, frozenset(E.items()))
        a = self._names.get(key)
        if a is None:
            if of.P != E:
                raise AssertionError("a name for what is not bounded")
            a = self._names[key] = self.kernel.quotient(kind, of, 1)
        return a

    def selector(self, c: Value) -> Polynomial:
        """A bit as 0, 1, x or 1 - x for an atom x that is 0 or 1."""
        if isinstance(c, int):
            return const(c)
        p = self.value(c)
        if self._plain(p):
            return p
        other = add(const(1), p, -1)
        a = self._names.get(("b", frozenset(other.items())))
        if a is not None:
            return add(const(1), {(a,): 1}, -1)
        # The value of a term of one bit, whatever bounds the polynomial shows.
        return {(self.name("b", p, self.kernel.given(p, 0, 1)),): 1}

    def _plain(self, p: Polynomial) -> bool:
        monomials = [m for m in p if m]
        if not monomials:
            return True
        if len(monomials) > 1 or len(monomials[0]) != 1:
            return False
        x, c, d = self.kernel.atoms[monomials[0][0]], p[monomials[0]], p.get(ONE, 0)
        return sorted((c * x.lo + d, c * x.hi + d)) == [0, 1]

    def _named(self, t: Term, p: Polynomial) -> Polynomial:
        """Of a sum in a lane: a name for its signed value, so that bounds and products stay short."""
        if not self._widths or t.width == 1 or len(p) <= 1:
            return p
        p = self._rounded(p)
        w = t.width
        if w not in self._widths or not isinstance(t, Sum) or len(p) <= 1:
            return p
        P = add(p, self.floors.floor(p, 1 << (w - 1)).F, -(1 << w))
        # Once no summand is a multiple of 2**w: sooner would hide that it cancels.
        if len(P) <= 1 or any(not c % (1 << w) for c in P.values()):
            return p
        of = self._lane_bounds(P)
        half = 1 << (w - 1)
        if of.lo < -half or of.hi >= half:
            of = self.kernel.meet(of, self._signed_bounds(t, p, P))
        a = self.name("x", P, of)
        inner = (self.kernel.atoms[m[0]] for m in P if len(m) == 1)
        if any(x.E is None or x.name == "x" for x in inner):
            self.ranges.closed.add(a)
        return self.wrapped({(a,): 1}, w)

    def _signed_bounds(self, t: Term, p: Polynomial, P: Polynomial) -> Fact:
        """-2**(w - 1) <= P < 2**(w - 1) for P = p - 2**w * F, F = floor(p / 2**(w - 1)), p the value of a term."""
        kernel, half = self.kernel, 1 << (t.width - 1)
        sign = self.floors.floor(p, half)
        value = kernel.given(p, 0, t.pb)
        F = kernel.derive(sign.F, [(1, value), (-1, sign.fact)], divisor=half)
        return kernel.derive(P, [(1, sign.fact), (-half, F)])

    def _lane_bounds(self, P: Polynomial) -> Fact:
        """Bounds, by cases of a sign whose argument is one atom: x - q * [x < 0] and the like."""
        kernel = self.kernel
        best = self.ranges.bound(P)
        for m in list(P):
            if len(m) != 1:
                continue
            s = kernel.atoms[m[0]]
            if s.E is None or (s.lo, s.hi) != (-1, 0) or len(s.E) != 1 or s.m <= 1:
                continue
            ((x, c),) = s.E.items()
            if c != 1 or len(x) != 1:
                continue
            facts, on = [], []
            for v in (-1, 0):
                h = kernel.suppose({m: 1}, v, v)
                # x = (x - n * s) + n * s
                of = kernel.derive({x: 1}, [(1, m[0]), (s.m, h)])
                of = kernel.meet(of, kernel.derive({x: 1}))
                facts.append(kernel.derive(P, [(P[m], h), (P.get(x, 0), of)] if x in P else [(P[m], h)]))
                on.append(next(iter(h.under)))
            best = kernel.meet(best, kernel.cases(P, facts, on))
        return best

    def _rounded(self, p: Polynomial) -> Polynomial:
        """With floor(2y) - floor(y) put as floor(y + 1/2): a rounding shift made of a shift and the bit below."""
        kernel = self.kernel
        while True:
            at: dict[frozenset[tuple[tuple[int, ...], int]], dict[int, int]] = {}
            for m in p:
                if len(m) == 1:
                    x = kernel.atoms[m[0]]
                    if x.E is not None and x.m > 1:
                        at.setdefault(frozenset(x.E.items()), {})[x.m] = m[0]
            hit = next(((group[n], group[2 * n]) for group in at.values() for n in group if 2 * n in group), None)
            if hit is None:
                return p
            a, b = hit
            x = kernel.atoms[a]
            assert x.E is not None
            n = x.m
            r = self.floors.floor(add(x.E, const(n)), 2 * n, "r")
            if (a,) in r.F:
                return p
            zero = self._hermite(a, b, n, r)
            q, cofactors = rewrite(kernel, p, {a: (add({(b,): 1}, r.F), zero)})
            kernel.same(p, q, cofactors)
            p = q

    def _hermite(self, a: int, b: int, n: int, r: Floor) -> Fact:
        """floor(E/n) = floor(E/2n) + floor((E + n)/2n), as a fact: a - b - r = 0."""
        kernel = self.kernel
        d = add(r.F, {(b,): 1}, -1)
        P = add({(a,): 1}, add({(b,): 1}, r.F), -1)
        # 2n * (r - b) = n - (E + n - 2n*r) + (E - 2n*b)
        either = kernel.derive(d, [(-1, r.fact), (1, b)], divisor=2 * n)
        facts, on = [], []
        for h in (kernel.suppose(d, None, 0), kernel.suppose(d, 1, None)):
            known = kernel.meet(h, either)
            # n*P = (E + n - 2n*r) - (E - n*a) + n*d - n, and n*P = (E - 2n*b) - (E - n*a) - n*d
            above = kernel.derive(P, [(1, r.fact), (-1, a), (n, known)], divisor=n)
            below = kernel.derive(P, [(1, b), (-1, a), (-n, known)], divisor=n)
            facts.append(kernel.meet(above, below))
            on.append(next(iter(h.under)))
        return kernel.cases(P, facts, on)

    # -- bits -----------------------------------------------------------------------------------------

    def bits(self, base: Term, lo: int, hi: int) -> Polynomial:
        """Bits hi..lo of a term: floor(v / 2**lo) - 2**n * floor(v / 2**(hi + 1)), n = hi - lo + 1."""
        hi = min(hi, base.width - 1)
        if _is_vector(base):
            return self._bits_of_lanes(base, lo, hi)
        if _is_wide_and(base) and hi + 1 - lo < base.width:
            # Of a whole vector, of which each lane has a mask of its own: bits of x AND y are bits of x AND bits of y.
            assert isinstance(base, Op)
            n = hi + 1 - lo
            x, y = (
                a >> lo & (1 << n) - 1 if isinstance(a, int) else ops.extract(base.width, a, lo, n) for a in base.args
            )
            return self.value(ops.and_(n, x, y))
        v = self.value(base)
        below = self.floors.floor(v, 1 << lo, "sh").F if lo else v
        if hi + 1 >= base.width or base.pb >> (hi + 1) == 0 or (self._name_factors and self._below(base, hi + 1)):
            return below
        return add(below, self.floors.floor(v, 1 << (hi + 1), "sh").F, -(1 << (hi + 1 - lo)))

    def _bits_of_lanes(self, base: Term, lo: int, hi: int) -> Polynomial:
        """The same of an unknown vector: each lane is an unknown of its own."""
        total: Polynomial = {}
        for first in range(lo - lo % LANE, hi + 1, LANE):
            lane = self._lane(base, first)
            a, b = max(lo - first, 0), min(hi - first, LANE - 1)
            part = self.floors.floor(lane, 1 << a, "sh").F if a else lane
            if b < LANE - 1:
                part = add(part, self.floors.floor(lane, 1 << (b + 1), "sh").F, -(1 << (b + 1 - a)))
            total = add(total, part, 1 << (first + a - lo))
        return total

    def _lane(self, base: Term, first: int) -> Polynomial:
        """The bits from `first` up of an unknown vector."""
        found = self._lanes_of.get((base.id, first))
        if found is None:
            t = ops.extract(base.width, base, first, LANE)
            found = self._lanes_of[base.id, first] = const(t) if isinstance(t, int) else self._unknown(intern(t))
        return found

    def bit(self, base: Term, p: int) -> Polynomial:
        """Bit p of a term, as a selector."""
        return self.selector(base if base.width == 1 and p == 0 else ops.extract(base.width, base, p, 1))

    def _poly(self, t: Poly) -> Polynomial:
        other = _masks_by_their_bits(t)
        if other is not t:
            return self.value(other)
        entries = _low_bits_by_their_sum(t.entries)
        used = 0
        for m, mask in entries.items():
            if len(m.factors) != 1 or mask & used:
                p = self._by_selectors(t)
                return self._unknown(intern(t)) if p is None else p
            used |= mask
        return self._fields(entries, t.const, t.width)

    def _fields(self, entries: Mapping[Mono, int], c: int, width: int) -> Polynomial:
        """Parts of terms in places of their own, some turned over by the constant: the sum of their values."""
        total: Polynomial = {}
        used = 0
        single: dict[tuple[int, int], tuple[Term, int, int, int]] = {}
        for m, mask in entries.items():
            ((base, s),) = m.factors
            used |= mask
            whole = not c & mask and not _is_wide_and(base) and not _is_vector(base)
            if whole and s > 0 and mask == base.pb >> s:  # all but the low bits
                total = add(total, self.floors.floor(self.value(base), 1 << s, "sh").F)
                continue
            if whole and s <= 0 and mask == base.pb << -s:  # all of it
                total = add(total, self.value(base), 1 << -s)
                continue
            for lo, hi in _runs(_filled(mask, base.pb >> s if s > 0 else base.pb << -s, c), c):
                flipped = c >> lo & 1
                if lo == hi:
                    # One bit, which may stand in many places: collected, so that they count as one number.
                    known = single.get((base.id, lo + s), (base, 0, 0, 0))
                    single[base.id, lo + s] = (
                        base,
                        known[1] + (-(1 << lo) if flipped else 1 << lo),
                        known[2] + ((1 << lo) if flipped else 0),
                        known[3] + 1,
                    )
                    continue
                f = self.bits(base, lo + s, hi + s)
                if flipped:
                    f = add(const((1 << (hi + 1 - lo)) - 1), f, -1)
                total = add(total, f, 1 << lo)
        for (_, p), (base, coefficient, number, places) in single.items():
            # A mask made of a bit is a choice: by cases of the bit's name what it chooses is told apart.
            value = self.bit(base, p) if places > 1 and not self._widths else self.bits(base, p, p)
            total = add(add(total, value, coefficient), const(number))
        return add(total, const(c & ~used))

    def _by_selectors(self, t: Poly) -> Polynomial | None:
        """By the values of the bits that occur in several places or products: each leaves fields; else None."""
        w = t.width
        at: list[list[tuple[tuple[int, int], ...]]] = [[] for _ in range(w)]
        bases: dict[int, Term] = {}
        where: dict[tuple[int, int], set[int]] = {}
        for m, mask in t.entries.items():
            for base, _ in m.factors:
                bases[base.id] = base
            for p in (k for k in range(mask.bit_length()) if mask >> k & 1):
                factors = tuple(sorted((base.id, p + s) for base, s in m.factors))
                at[p].append(factors)
                for f in factors:
                    where.setdefault(f, set()).add(p)
        selectors = [f for f, places in where.items() if w == 1 or len(places) > 1 or bases[f[0]].width == 1]
        if len(selectors) > MOST_SELECTORS:
            return None
        total: Polynomial = {}
        for choice in range(1 << len(selectors)):
            value = {f: choice >> k & 1 for k, f in enumerate(selectors)}
            c, entries = t.const, dict[Mono, int]()
            for p in range(w):
                left: dict[tuple[tuple[int, int], ...], int] = {}
                for factors in at[p]:
                    if any(value.get(f) == 0 for f in factors):
                        continue
                    rest = tuple(f for f in factors if f not in value)
                    left[rest] = left.get(rest, 0) ^ 1
                odd = [r for r, n in left.items() if n]
                if () in odd:
                    c ^= 1 << p
                    odd.remove(())
                if not odd:
                    continue
                if len(odd) > 1 or len(odd[0]) > 1:
                    return None
                ((b, q),) = odd[0]
                one = mono(bases[b], q - p)
                entries[one] = entries.get(one, 0) | 1 << p
            part = self._fields(entries, c, w)
            for k, (b, q) in enumerate(selectors):
                x = self.bit(bases[b], q)
                part = self.kernel.mul(part, x if choice >> k & 1 else add(const(1), x, -1))
            total = add(total, part)
        return total

    # -- operations -----------------------------------------------------------------------------------

    def _mul(self, t: Op) -> Polynomial:
        """The product of the values, modulo 2**w."""
        a, b = t.args
        key = tuple(sorted(v.id if isinstance(v, Term) else -1 - v for v in (a, b)))
        E = self._products.get(key)
        if E is None:
            E = self._products[key] = self.kernel.mul(self._factor(a), self._factor(b))
        most = 1
        for v in (a, b):
            most *= v if isinstance(v, int) else v.pb
        return E if most < 1 << t.width else self.wrapped(E, t.width, "lo")

    def _factor(self, v: Value) -> Polynomial:
        """The value; of several summands by a name, for quotients inside products have no bounds."""
        p = self.value(v)
        if isinstance(v, int) or len(p) <= 1:
            return p
        self.has_sums_as_factors = True
        if not self._name_factors:
            return p
        # The value of a term has no more than its possible bits, whatever bounds the polynomial shows.
        of = self.kernel.meet(self.ranges.bound(p), self.kernel.given(p, 0, intern(v).pb))
        a = self.name("f", p, of)
        self.ranges.closed.add(a)
        self.ranges.equal[a] = p, self.kernel.derive(add({(a,): 1}, p, -1), [(-1, a)])
        return {(a,): 1}

    def _ite(self, t: Op) -> Polynomial:
        return self._chosen(t.args[0], t.args[1], t.args[2])

    def _eq(self, t: Op) -> Polynomial:
        """[x = 0] = -floor((x - 1) / 2**w) for 0 <= x < 2**w, x the difference modulo 2**w.

        Where x is an OR, it is 0 exactly if the sum of what it is the OR of is.
        """
        a, b = t.args if isinstance(t.args[0], Term) else (t.args[1], t.args[0])
        parts = alternatives(a) if isinstance(a, Poly) and b == 0 else []
        if len(parts) > 1:
            total: Polynomial = {}
            most = 0
            for m, mask in parts:
                total = add(total, self._fields({m: mask}, 0, t.arg_width))
                most += mask
            full = 1 << most.bit_length()
            return scale(self.floors.floor(add(total, const(-1)), full, "eq").F, -1)
        x = self.wrapped(add(self.value(t.args[0]), self.value(t.args[1]), -1), t.arg_width)
        return scale(self.floors.floor(add(x, const(-1)), 1 << t.arg_width, "eq").F, -1)

    def _ult(self, t: Op) -> Polynomial:
        """[a < b] = -floor((a - b) / 2**w) for 0 <= a, b < 2**w."""
        E = add(self.value(t.args[0]), self.value(t.args[1]), -1)
        return scale(self.floors.floor(E, 1 << t.arg_width, "ult").F, -1)

    def _slt(self, t: Op) -> Polynomial:
        """The same of signed values, whose difference lies between -2**w and 2**w."""
        E = add(self.signed(t.args[0], t.arg_width), self.signed(t.args[1], t.arg_width), -1)
        return scale(self.floors.floor(E, 1 << t.arg_width, "slt").F, -1)

    def _and(self, t: Op) -> Polynomial | None:
        """The product of two bits."""
        if t.width != 1:
            return None
        return self.kernel.mul(self.selector(t.args[0]), self.selector(t.args[1]))

    def _udiv(self, t: Op) -> Polynomial | None:
        """floor(a / b) for a number b, which is not 0."""
        b = t.args[1]
        return self.floors.floor(self.value(t.args[0]), b).F if isinstance(b, int) and b else None


_OPERATIONS: dict[str, Callable[[Translator, Op], Polynomial | None]] = {
    "mul": Translator._mul,
    "ite": Translator._ite,
    "eq": Translator._eq,
    "ult": Translator._ult,
    "slt": Translator._slt,
    "and": Translator._and,
    "udiv": Translator._udiv,
}


def _added(origin: Origin) -> list[tuple[Value, int]]:
    """The summands of a sum; two and a carry bit count as three, for that is one instruction."""
    assert origin[0] == "add"
    _, a, b, k = origin
    if _carries(origin):
        before = a.origin  # type: ignore[union-attr]
        if not _carries(before):
            return [(before[1], 1), (before[2], before[3]), (b, 1)]
    return [(a, 1), (b, k)]


def _carries(origin: Origin) -> bool:
    """Whether it is a sum of two and a carry bit."""
    if origin[0] != "add" or origin[3] != 1 or not isinstance(origin[2], Term) or intern(origin[2]).pb != 1:
        return False
    return isinstance(origin[1], Sum) and origin[1].origin is not None and origin[1].origin[0] == "add"


def _is_vector(t: Term) -> bool:
    return isinstance(t, (Var, App)) and t.width == VECTOR


def is_lane(t: Term) -> bool:
    """Whether a term is a lane of a vector that is not looked into: `Translator` takes bounds of it."""
    if not isinstance(t, Poly) or t.width != LANE or t.const or len(t.entries) != 1:
        return False
    ((m, mask),) = t.entries.items()
    ((base, s), *others) = m.factors
    return not others and mask == t.pb and s >= 0 and s % LANE == 0 and _is_vector(base)


def _is_wide_and(t: Term) -> bool:
    return isinstance(t, Op) and t.kind == "and" and t.width > 1


def _filled(mask: int, possible: int, c: int) -> int:
    """A mask with those gaps in it filled in which no bit can be set: what is taken from there is 0."""
    holes = (1 << mask.bit_length()) - 1 & -(mask & -mask) & ~mask
    taken = holes & (possible | c)
    filled = mask
    while holes:
        low = holes & -holes
        end = ~(holes | low - 1)
        gap = holes & ((end & -end) - 1)
        if not gap & taken:
            filled |= gap
        holes &= ~gap
    return filled


def _masks_by_their_bits(t: Poly) -> Value:
    """The same, with ite(c, b ^ k, b) for a number k put as b ^ (k where c is): a mask turned over by a choice.

    A bit less 1, or 0 less a bit, which is a mask by a bit as well, is put so beside something else.
    """
    put: dict[Term, Value] = {}
    for m in t.entries:
        for base, _ in m.factors:
            if isinstance(base, Sum) and len(base.terms) == 1 and len(t.entries) > 1:
                w, full = base.width, (1 << base.width) - 1
                ((u, times),) = base.terms.items()
                bit = intern(u)
                if bit.pb == 1 and base.const ^ (base.const + times & full) == full:
                    one = ops.extract(bit.width, bit, 0, 1)
                    put[base] = ops.xor(w, base.const, one * full if isinstance(one, int) else ops.sext(1, one, w))
                continue
            if not isinstance(base, Op) or base.kind != "ite":
                continue
            c, a, b = base.args
            w = base.width
            k = ops.xor(w, a, b)
            if isinstance(k, int) and isinstance(c, Term):
                put[base] = ops.xor(w, b, ops.and_(w, ops.sext(1, c, w), k))
    # (Applications are unknowns, whatever they are applied to: `alike` goes by that, so none may become another one.)
    other = Substitution(put, alone=lambda u: isinstance(u, App))(t) if put else t
    return t if isinstance(other, Term) and intern(other) is intern(t) else other


def _low_bits_by_their_sum(entries: Mapping[Mono, int]) -> Mapping[Mono, int]:
    """The same XOR, with low bits of a sum that stand by themselves, as a narrower sum, read as bits of it.

    So what is a sum's high half, sum ^ low(sum), shows as bits that nothing overlaps.
    """
    sums = [m.factors[0][0] for m in entries if len(m.factors) == 1 and isinstance(m.factors[0][0], Sum)]
    if len(sums) < 2:
        return entries
    out: dict[Mono, int] = {}
    for m, mask in entries.items():
        one = m
        if len(m.factors) == 1:
            ((base, s),) = m.factors
            wide = (a for a in sums if a.width > base.width and _same(ops.extract(a.width, a, 0, base.width), base))
            of = next(wide, base)
            # Bits beyond the narrower sum's width are 0, and not those of the wider one.
            one = m if of is base else mono(of, s)
        left = out.get(one, 0) ^ mask & m.valid
        if left:
            out[one] = left
        else:
            out.pop(one, None)
    return out


def _same(v: Value, t: Term) -> bool:
    return isinstance(v, Term) and intern(v) is intern(t)


def _runs(mask: int, c: int) -> list[tuple[int, int]]:
    """The runs of ones in a mask over which c is constant, as (lowest, highest) bit."""
    out = []
    k = 0
    while mask >> k:
        if mask >> k & 1:
            bit, j = c >> k & 1, k
            while mask >> (j + 1) & 1 and c >> (j + 1) & 1 == bit:
                j += 1
            out.append((k, j))
            k = j + 1
        else:
            k += 1
    return out
