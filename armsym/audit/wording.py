"""A bundle's contract and an audit's result in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from armsym.audit.audit import Verdict
from armsym.audit.bundle import Blocks, Case, Fold, Region
from armsym.audit.evaluate import made_of
from armsym.audit.formulas import formula, wholes
from armsym.audit.linear import linear
from armsym.audit.raw import Program, ones

__all__ = ["contract_lines", "expression", "verdict_lines"]

#: An expression of more nodes is only counted.
MOST_NODES = 24
_PRODUCTS = {
    "mul": "the product of numbers, with all its bits",
    "clmul": "the product of polynomials over GF(2)",
    "gf128.mul": "the product of blocks of SP 800-38D, 6.3, the leftmost bit of weight 2^127",
}


def expression(table: Program, node: int, *, exact: bool = False) -> str:
    """A node as people write it; one of many nodes is only counted.

    With `exact`, as in a relation of integers, every modulus is written: there 2^64 is not meant by itself.
    """
    count = _size(table, node)
    if count > MOST_NODES:
        return f"(an expression of {count} nodes, number {node} of the table)"
    return _text(table, node, exact)


def _size(table: Program, node: int) -> int:
    return _size_of_all(table, (node,))


def _text(t: Program, node: int, exact: bool) -> str:
    i = t[node]
    if i[0] in ("Add", "Mulc") and i[1] == 64:
        constant, terms = linear(t, node, 64)
        if node not in terms:
            parts = [f"{k} * {_text(t, n, exact)}" if k != 1 else _text(t, n, exact) for n, k in sorted(terms.items())]
            signed = constant - (1 << 64) if constant >> 63 else constant
            modulo = " mod 2^64" if exact else ""
            return f"({' + '.join(parts + ([str(signed)] if signed or not parts else []))}{modulo})"
    match i:
        case ("Const", value):
            return str(value) if value < 10_000 else hex(value)
        case ("Var", name, _):
            return str(name).removeprefix("num.").removeprefix("word.")
        case ("App", name, arguments, _):
            inner = ", ".join(_text(t, a, exact) for a in arguments)
            before, _, region = name.partition(".")
            if before in ("mem", "after"):
                return f"{region}[{inner}]" + (" on return" if before == "after" else "")
            return f"{name}({inner})"
        case ("Xor", a, b):
            return f"({_text(t, a, exact)} ^ {_text(t, b, exact)})"
        case ("And", a, b):
            return f"({_text(t, a, exact)} & {_text(t, b, exact)})"
        case ("Shl", a, by):
            return f"({_text(t, a, exact)} << {by})"
        case ("Shr", a, by):
            return f"({_text(t, a, exact)} >> {by})"
        case ("Mask", a, bits):
            return (
                _text(t, a, exact)
                if bits == ones(64) and _is_of_64_bits(t, a)
                else f"({_text(t, a, exact)} & {bits:#x})"
            )
        case ("Add", w, a, b):
            return f"({_text(t, a, exact)} + {_text(t, b, exact)} mod 2^{w})"
        case ("Mulc", w, a, k):
            return f"({k} * {_text(t, a, exact)} mod 2^{w})"
    raise AssertionError(i)


def _is_of_64_bits(t: Program, node: int) -> bool:
    match t[node]:
        case ("Var", _, possible) | ("App", _, _, possible) | ("Mask", _, possible):
            return not int(possible) >> 64
        case ("Add", width, _, _) | ("Mulc", width, _, _):
            return int(width) <= 64
    return False


def contract_lines(case: Case) -> Iterator[str]:
    """What the case claims, for whoever has to decide whether that is what they want to know.

    Names that are free text are quoted: what they say is not checked.
    """
    if case.title:
        yield f"case {case.title!r}:"
    for name, (low, high) in case.numbers.items():
        yield f"for every number {name} from {low} to {_power(high)}"
    for name, (possible, secret) in case.words.items():
        some = "" if not possible & possible + 1 else f" within {possible:#x}"
        yield f"for every {_secrecy(secret)} word {name} of {possible.bit_length()} bits{some}"
    for r in case.regions.values():
        yield _region(r)
    for g in case.globals.values():
        yield (
            f"the {g.size} bytes of {g.name} at {g.address:#x}: any value, {_secrecy(g.secret)}, only read;"
            " disjoint from what may be written"
        )
    for s in case.given:
        at, value = expression(case.table, s.offset), expression(case.table, s.value)
        yield f"given: {s.region}[{at}], {s.size} bytes, little-endian, is {value}"
    for text, node in case.requires:
        yield f"required ({text!r}): {expression(case.table, node)} is 1"

    def written(node: int) -> str:
        return expression(case.table, node, exact=True)

    yield from wholes(case)
    for k in case.known:
        yield f"required of integers ({k.name!r}): {formula(case, k, written)}"
    for place, node in case.arguments.items():
        yield f"on entry {place} is {expression(case.table, node)}; all other registers hold anything, and are secret"
    changes = sorted(case.modifies)
    if case.depth:
        changes.append(f"{case.depth} bytes below SP")
    if case.above:
        changes.append(f"{case.above} bytes from SP up")
    yield f"nothing is written but {', '.join(changes) or 'registers'}"
    x, d, v = (
        _ranges(kind, of)
        for kind, of in zip("xdv", (case.preserves_x, case.preserves_d, case.preserves_v), strict=True)
    )
    if not (set(range(18, 30)) <= case.preserves_x and set(range(8, 16)) <= case.preserves_d | case.preserves_v):
        yield "a calling convention of its own: not all that AAPCS64 preserves is preserved"
    yield f"preserved: SP{''.join(f', {p}' for p in (x, d, v) if p)}; control returns to LR"
    yield (
        "taken for granted: SP is a multiple of 16 and LR of 4; the file lies at a multiple of 4096 (one that is not"
        " linked: of 4), what of it cannot be written as the file says; nobody else changes the regions meanwhile"
    )
    if case.alike:
        timed = ", ".join(n.upper() for n in sorted(case.alike))
        yield (
            f"taken for granted: how long {timed} takes does not depend on its operands, though Arm does not list it"
            " among the instructions of which that is so (PSTATE.DIT)"
        )
    if case.inert:
        hints = " and ".join(n.upper() for n in sorted(case.inert))
        yield (
            f"taken for granted: the core has no pointer authentication (FEAT_PAuth), or it is disabled, so {hints} do"
            " nothing"
        )
    yield "sums and products of values are modulo 2^64 where no other modulus is written; sizes are numbers"
    if case.known or case.relations:
        yield "what is said of integers is exact: there nothing wraps"
    yield from _functions(case)
    for f in case.folds.values():
        yield from _fold(case, f)
    for called in case.functions.values():
        size = _size_of_all(case.table, [n for step in called.steps for n in step])
        yield (
            f"{called.name} is what {len(called.steps)} steps make of {len(called.widths)} words: {size} nodes, as the"
            " standard's program computes them"
        )
    for e in case.ensures:
        yield f"on return ({e.name!r}): {expression(case.table, e.left)} = {expression(case.table, e.right)}"
    for k in case.relations:
        yield f"on return, of integers ({k.name!r}): {formula(case, k, written)}"
    for b in case.holds:
        yield _holds(case.table, b)


def _holds(t: Program, b: Blocks) -> str:
    words = ", ".join(expression(t, n) for n in b.words)
    return (
        f"on return ({b.name!r}): for all block < {expression(t, b.upto)}, the {len(b.words)} {b.order}-endian"
        f" words of {b.word} bytes at byte {b.size} * block of {b.region} are {words};"
        " all after these blocks is as on entry"
    )


def _functions(case: Case) -> Iterator[str]:
    roots = [n for e in case.ensures for n in (e.left, e.right)] + [n for _, n in case.requires]
    roots += [n for r in (*case.known, *case.relations) for _, nodes in r.terms for n in nodes]
    roots += [*case.arguments.values(), *(n for s in case.given for n in (s.offset, s.value))]
    roots += [n for b in case.holds for n in (b.upto, *b.words)]
    roots += [n for f in case.folds.values() for n in (*f.start, *f.over, *f.step)]
    roots += [n for f in case.functions.values() for step in f.steps for n in step]
    named = {(i[1], len(i[2]), i[3]) for i in map(case.table.__getitem__, made_of(case.table, roots)) if i[0] == "App"}
    for name in sorted({name for name, _, _ in named} & _PRODUCTS.keys()):
        yield f"{name}(x, y): {_PRODUCTS[name]}"
    for name, count, possible in sorted(named):
        if name.startswith("f."):
            yield f"{name}: any function of {count} words whose values are within {possible:#x}"


def _fold(case: Case, f: Fold) -> Iterator[str]:
    t = case.table
    yield f"{f.name}(0) = {', '.join(expression(t, n) for n in f.start)}"
    block = ", ".join(expression(t, n) for n in f.over)
    yield f"{f.name}(i + 1) = step({f.name}(i), block(i)), block({f.name}.index) = {block}"
    inside = [t[n] for n in made_of(t, f.step)]
    of = sorted({i[1].removeprefix("word.") for i in inside if i[0] == "Var" and i[1].startswith("word.")})
    of += sorted({f"{i[1][4:]} on entry" for i in inside if i[0] == "App" and i[1].startswith("mem.")})
    also = f", of its state, its block and {', '.join(of)}" if of else ""
    size, count = _size_of_all(t, f.step), len(f.step)
    yield f"the step is {size} nodes, as the standard's program computes it: {count} words{also}"


def _size_of_all(t: Program, nodes: Iterable[int]) -> int:
    return len(made_of(t, nodes))


def _region(r: Region) -> str:
    parts = [f"{k} * {n}" for n, k in r.sizes] + ([str(r.constant)] if r.constant or not r.sizes else [])
    access = {"r": "only read", "w": "only written", "rw": "read and written"}[r.access]
    aligned = f", {r.align}-byte aligned" if r.align > 1 else ""
    return (
        f"{r.name}: {' + '.join(parts)} bytes, {access}, {_secrecy(r.secret)}{aligned}, in cells of {r.cell} bytes"
        f" ({r.order}-endian); disjoint from what may be written, not wrapping"
    )


def _secrecy(secret: bool) -> str:
    return "secret" if secret else "public"


def _power(n: int) -> str:
    return f"2^{n.bit_length() - 1}" if n > 9999 and not n & n - 1 else str(n)


def _ranges(kind: str, numbers: Iterable[int]) -> str:
    out: list[list[int]] = []
    for n in sorted(numbers):
        if out and out[-1][1] == n - 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return ", ".join(f"{kind}{a}" if a == b else f"{kind}{a}-{kind}{b}" for a, b in out)


def verdict_lines(verdict: Verdict, accepted_by: str) -> Iterator[str]:
    """What was re-checked and by what, equalities, linear arguments and relations by `accepted_by`; or what was not."""
    yield f"{verdict.executed} instructions, executed {verdict.instructions} times, on every path from cut to cut"
    for what, n in sorted(verdict.counts.items()):
        yield f"{n} {what}"
    yield "every access in its region, none below SP"
    accepted = f"{verdict.certificates} certificates of equalities and {verdict.linear} linear arguments"
    yield f"{accepted}, accepted by {accepted_by}"
    if verdict.relations:
        yield f"{verdict.relations} relations of integers, accepted by {accepted_by}"
    yield "no branch, choice or address is made of a secret input, on terms as they are computed"
    yield "not part of an audit: landing pads (bti), and a run that meets the precondition (non-vacuous)"
    for proof in sorted(verdict.rests_on):
        yield f"rests on the contract of {proof}, audited here on the same file"
    for m in (*verdict.missing, *verdict.open_contracts):
        yield f"not re-checked: {m}"
    for r in verdict.refused:
        yield f"refused: {r}"
