"""Checks the certificate of an argument about integers by its own arithmetic, and imports nothing of armsym.

What words are (`unknown`) and what is assumed (`given`, `given multiple`) it takes as it is; all else it derives.
"""

from typing import Any


def check(records: list[list[Any]]) -> list[tuple[Any, ...]]:  # polynomial, modulus, lo, hi of all that is shown
    atoms: Any = []  # lo, hi, E, m
    facts: Any = []  # polynomial, lo, hi, suppositions; of a multiple the modulus and None
    shown, one, none = [], {(): 1}, frozenset[Any]()

    def need(holds: bool, otherwise: str) -> None:
        if not holds:
            raise AssertionError(otherwise)

    def add(*parts: Any) -> Any:  # the sum of products of two polynomials, dicts from sorted monomial to coefficient
        out: Any = {}
        for v, mn in ((x * y, m + n) for p, q in parts for m, x in p.items() for n, y in q.items()):
            k: list[int] = []
            for a in sorted(mn):  # of 0 or 1 the square is itself, of 0 or -1 its negative
                bit = len(k) > 0 and k[-1] == a and atoms[a][0] >= -1 and atoms[a][1] <= min(1, atoms[a][0] + 1)
                v, k = (-v if atoms[a][0] < 0 else v, k) if bit else (v, [*k, a])  # noqa: PLW2901
            out[tuple(k)] = out.get(tuple(k), 0) + v
        return {k: v for k, v in out.items() if v}

    def ends(p: Any, lo: int = 0, hi: int = 0) -> tuple[int, int]:
        for m, c in p.items():
            two = [c, c]
            for a in set(m):
                x = [v ** m.count(a) for v in atoms[a][:2]] + [0] * (atoms[a][0] <= 0 <= atoms[a][1])
                two = [v * w for v in two for w in (min(x), max(x))]
                two = [min(two), max(two)]
            lo, hi = lo + two[0], hi + two[1]
        return lo, hi

    def poly(terms: Any) -> Any:
        assert all(type(c) is int and m == sorted(m) and all(0 <= a < len(atoms) for a in m) for m, c in terms)
        return {tuple(m): c for m, c in terms if c}

    def zeros(used: Any) -> Any:  # cofactors times equations, negative
        need(all(facts[n][1] == facts[n][2] for _, n in used), "no equation")
        return [(poly(q), add((facts[n][0], {(): -1}), ({(): facts[n][1]}, one))) for q, n in used]

    def named(p: Any, modulus: int) -> Any:  # modulo a number, names replaced by what they are
        while names := [a for m in p for a in m if atoms[a][3] == 1]:
            a, now = max(names), []
            for m, c in p.items():
                power, others = {tuple(x for x in m if x != a): c % modulus}, m.count(a)
                for _ in range(others - 1):
                    power = add((power, atoms[a][2]))
                now.append((power, atoms[a][2] if others else one))
            p = {m: c % modulus for m, c in add(*now).items() if c % modulus}
        return {m: c for m, c in p.items() if c % modulus}

    def fact(rule: str, p: Any, r: Any) -> tuple[Any, Any, Any]:  # lo, hi, suppositions
        lo, hi = ends(p)
        if rule in ("given", "suppose"):
            low, high = (lo if r[3] is None else max(lo, r[3])), (hi if r[4] is None else min(hi, r[4]))
            return low, high, frozenset([(frozenset(p.items()), *r[3:])]) if rule == "suppose" else none
        if rule == "given multiple" or (rule == "congruent" and not named(p, r[1])):
            return r[1], None, none
        if rule == "derive":
            terms = [(k, facts[n] if of == "fact" else quotient(n)) for k, of, n in r[3]]
            lo, hi = ends(add((p, {(): r[5]}), *((f[0], {(): -k}) for k, f in terms), *zeros(r[4])))
            lo = -(-(lo + sum(min(k * f[1], k * f[2]) for k, f in terms)) // r[5])
            hi = (hi + sum(max(k * f[1], k * f[2]) for k, f in terms)) // r[5]
            possible = r[5] >= 1 and all(f[1] <= f[2] for _, f in terms)
            under = none.union(*(f[3] for _, f in terms), *(facts[n][3] for _, n in r[4]))
            return (lo, hi, under) if possible else (1, 0, under)
        if rule in ("multiple", "transfer"):
            of = [(one, r[3]), *((poly(q), n) for q, n in r[5])] if rule == "transfer" else []
            used = r[4] if rule == "transfer" else r[3]
            need(all(facts[n][2] is None and facts[n][1] % r[1] == 0 for _, n in of), "another modulus")
            rest = add((p, one), *((add((q, {(): -1})), facts[n][0]) for q, n in of), *zeros(used))
            need(all(c % r[1] == 0 for c in rest.values()), "no multiple")
            return r[1], None, none.union(*(facts[n][3] for _, n in [*of, *used]))
        if rule == "whole":
            (q, lo, hi, under), (other, n, of, more) = facts[r[3]], facts[r[4]]
            need(p == q == other and of is None and hi is not None, "different polynomials, or no multiple")
            return -(-lo // n) * n, hi // n * n, under | more
        known = [facts[n] for n in r[3]]
        if rule == "meet":
            need(len(known) > 0 and all(f[0] == p for f in known), "different polynomials")
            return max(f[1] for f in known), min(f[2] for f in known), none.union(*(f[3] for f in known))
        need(rule == "cases" and len(r[4]) > 0 and len(known) == len(r[4]), "no such rule")
        on = [(frozenset(poly(s[0]).items()), *s[1:]) for s in r[4]]
        at, top = ends(dict(on[0][0]))
        for key, low, high in sorted(on, key=lambda s: (s[1] is not None, s[1])):
            need(key == on[0][0] and (low is None or low <= at or at > top), "a case is missing")
            at = max(at, top + 1 if high is None else high + 1)
        live = [f for f in known if f[2] is None or f[1] <= f[2]]
        need(at > top and all(f[0] == p for f in live), "a case is missing")
        under = none.union(*(f[3] - {s} for f, s in zip(known, on, strict=True)))
        if r[2] is None:
            need(all(f[1:3] == (r[1], None) for f in live), "another modulus")
            return r[1], None, under
        return (min(f[1] for f in live), max(f[2] for f in live), under) if live else (1, 0, under)

    def quotient(n: int) -> Any:
        _, _, E, m = atoms[n]
        need(m >= 1 and n >= 0, "no definition")
        return add((E, one), ({(n,): -m}, one)), 0, m - 1, none

    for rule, *r in records:
        if rule == "unknown":
            need(r[0] <= r[1], "an unknown without a value")
            atoms.append((*r, {}, 0))
        elif rule == "quotient":
            E, lo, hi, under = facts[r[0]]
            need(r[1] >= 1 and hi is not None and lo <= hi and not under, "no quotient")
            atoms.append((lo // r[1], hi // r[1], E, r[1]))
        elif rule == "shown":
            p, lo, hi, under = facts[r[0]]
            within = hi is not None and lo <= hi and (r[3] is None or r[3] <= lo) and (r[4] is None or hi <= r[4])
            need(p == poly(r[1]) and not under and ((lo, hi) == (r[2], None) if r[2] else within), "not shown")
            shown.append((p, *r[2:]))
        else:
            p = poly(r[0])
            lo, hi, under = fact(rule, p, r)
            need([lo, hi] == r[1:3], f"{rule}: {r[1:3]} is not {lo, hi}")
            facts.append((p, lo, hi, under))
    return shown
