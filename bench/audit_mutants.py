"""Changed bundles: none is accepted but with the same contract, node for node, or one that runs in Unicorn keep."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence

from audit_attacked import RUNS, Attacked, Tally
from contract_runs import Unjudged, broken

from armsym.audit.audit import audit
from armsym.audit.bundle import Bundle, Case
from armsym.audit.evaluate import operands
from armsym.audit.text import BundleError, read, write
from armsym.audit.wording import contract_lines
from armsym.certify.export import made_to_check
from armsym.elf import Image

__all__ = ["ANEW", "Lines", "another_number", "mutants"]

Lines = list[str]
#: Tried once more.
ANEW = "hints made anew for what is changed"
Mutation = Callable[[Lines, random.Random], None]

_NUMBER = re.compile(r"[0-9]+")
_NODES = ("argument", "given", "requires", "ensures", "fold", "index", "x", "sp", "v", "flags", "store", "fact")
_CONTRACT = ("number", "word", "region", "global", "stack", "modifies", "preserves", "argument", "given", "requires")
_NAME = re.compile(r"(?:[xv][0-9]+_(?:in|out)|[nzcv]_in|sp0|lr0|(?:base|num|word|mem|after)\.[A-Za-z_]+|s[0-9]+)")


def _some(lines: Lines, rng: random.Random, kinds: Sequence[str]) -> int | None:
    """The number of a line that begins with one of these words."""
    # (An instruction of the table may begin with x or v, too, and has no list.)
    found = [k for k, line in enumerate(lines) if line.split(" ", 1)[0] in kinds and (line[1] != " " or "," in line)]
    return rng.choice(found) if found else None


def another_number(line: str, rng: random.Random) -> str:
    places = list(_NUMBER.finditer(line))
    if not places:
        return line
    m = rng.choice(places)
    n = int(m[0])
    new = rng.choice([n + 1, abs(n - 1), n * 2, n ^ 1 << rng.randrange(max(1, n.bit_length())), 0])
    return f"{line[: m.start()]}{new}{line[m.end() :]}"


def _numbers(kinds: Sequence[str]) -> Mutation:
    """A number of a line that begins with one of these words is another."""

    def change(lines: Lines, rng: random.Random) -> None:
        at = _some(lines, rng, kinds)
        if at is not None:
            lines[at] = another_number(lines[at], rng)

    return change


def _digit(lines: Lines, rng: random.Random) -> None:
    at = rng.randrange(5, len(lines))
    places = [k for k, c in enumerate(lines[at]) if c.isdigit()]
    if places:
        k = rng.choice(places)
        lines[at] = lines[at][:k] + rng.choice("0123456789") + lines[at][k + 1 :]


def _node(lines: Lines, rng: random.Random) -> None:
    """A node is another one of the table, often a near one."""
    at = _some(lines, rng, _NODES)
    if at is None:
        return
    words = lines[at].split(" ")
    places = [(k, j) for k, w in enumerate(words[1:], 1) for j, n in enumerate(w.split(",")) if n.isdecimal()]
    if not places:
        return
    k, j = rng.choice(places)
    parts = words[k].split(",")
    n = int(parts[j])
    parts[j] = str(rng.choice([n + 1, max(1, n - 1), rng.randrange(1, max(2, 2 * n))]))
    words[k] = ",".join(parts)
    lines[at] = " ".join(words)


def _name(lines: Lines, rng: random.Random) -> None:
    """A name is another of the same kind."""
    places = [(k, m) for k, line in enumerate(lines) for m in _NAME.finditer(line)]
    if not places:
        return
    k, m = rng.choice(places)
    kind = re.match(r"[a-z]+", m[0])
    assert kind is not None
    others = sorted({o[0] for _, o in places if o[0].startswith(kind[0]) and o[0] != m[0]})
    if others:
        lines[k] = lines[k][: m.start()] + rng.choice(others) + lines[k][m.end() :]


def _in_certificates(lines: Lines) -> list[int]:
    found, inside, parts = [], False, False
    for k, line in enumerate(lines):
        word = line.split(" ", 1)[0]
        if word == "certificate":
            inside, parts = True, False
        elif inside and word == "part":
            parts = True
        elif inside and word == "end":
            inside = False
        elif inside and parts:
            found.append(k)
    return found


def _hint(lines: Lines, rng: random.Random) -> None:
    """A step of a certificate has another field, comes elsewhere, or is of another rule."""
    found = _in_certificates(lines)
    if not found:
        return
    at, other = rng.choice(found), rng.choice(found)
    what = rng.randrange(3)
    if what == 0:
        lines[at] = another_number(lines[at], rng)
    elif what == 1:
        lines[at], lines[other] = lines[other], lines[at]
    else:
        lines[at] = " ".join([lines[other].split(" ")[0], *lines[at].split(" ")[1:]])


def _exchanged(pairs: Sequence[tuple[str, str]], kinds: Sequence[str]) -> Mutation:
    """A word of a line is written as its contrary."""
    other = {a: b for p in pairs for a, b in (p, p[::-1])}

    def change(lines: Lines, rng: random.Random) -> None:
        found = [
            (k, j)
            for k, line in enumerate(lines)
            for j, w in enumerate(line.split(" "))
            if w in other and j and line.split(" ")[0] in kinds
        ]
        if found:
            k, j = rng.choice(found)
            words = lines[k].split(" ")
            words[j] = other[words[j]]
            lines[k] = " ".join(words)

    return change


def _set(lines: Lines, rng: random.Random) -> None:
    """A list has one element less, or one more."""
    at = _some(lines, rng, ("modifies", "preserves"))
    if at is None:
        return
    words = lines[at].split(" ")
    k = rng.randrange(1, len(words))
    parts = [] if words[k] == "-" else words[k].split(",")
    if parts and rng.random() < 0.5:
        parts.remove(rng.choice(parts))
    elif words[0] == "modifies":
        regions = [line.split(" ")[1] for line in lines if line.startswith("region ")]
        parts = sorted({*parts, rng.choice(regions)}) if regions else parts
    else:
        parts = list(map(str, sorted({*map(int, parts), rng.randrange(32)})))
    words[k] = ",".join(parts) or "-"
    lines[at] = " ".join(words)


def _dropped(lines: Lines, rng: random.Random) -> None:
    del lines[rng.randrange(1, len(lines))]


def _doubled(lines: Lines, rng: random.Random) -> None:
    at = rng.randrange(1, len(lines))
    lines.insert(at, lines[at])


def _swapped(lines: Lines, rng: random.Random) -> None:
    at = rng.randrange(1, len(lines) - 1)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]


def _in_contract(change: Mutation) -> Mutation:
    """The same, but of the lines of the contract and the cuts alone, of which there are few."""

    def of(lines: Lines, rng: random.Random) -> None:
        chosen = (*_CONTRACT, "ensures", "fold", "cut", "unknown", "content", *_NODES, "end-cut")
        at = [k for k, line in enumerate(lines) if line.split(" ")[0] in chosen and k > 4]
        if len(at) > 1:
            k = rng.choice(at[:-1])
            some = ["", *lines[k : k + 2]]
            change(some, random.Random(rng.random()))
            lines[k : k + 2] = some[1:]

    return of


def _step(lines: Lines, rng: random.Random) -> None:
    """A multiplier of a linear argument, or its place."""
    starts = [k for k, line in enumerate(lines) if line.startswith("steps ")]
    if starts:
        k = rng.choice(starts)
        n = int(lines[k].split(" ")[1])
        places = [at for at in range(k + 1, k + 1 + n) if lines[at] != "-"]
        if places:
            at = rng.choice(places)
            lines[at] = another_number(lines[at], rng)


MUTATIONS: dict[str, Mutation] = {
    "digit": _digit,
    "number of the contract": _numbers(_CONTRACT),
    "size": _numbers(("region", "stack", "number")),
    "node": _node,
    "name": _name,
    "hint": _hint,
    "multiplier": _step,
    "cut": _numbers(("cut", "index", "unknown", "content", "store")),
    "fact": _numbers(("fact",)),
    "order": _exchanged([("little", "big")], ("region",)),
    "access": _exchanged([("r", "rw")], ("region",)),
    "secrecy": _exchanged([("secret", "public"), ("0", "1")], ("region", "word", "unknown", "global")),
    "list": _set,
    "bound": _exchanged([("inclusive", "exclusive")], ("index",)),
    "line dropped": _dropped,
    "line doubled": _doubled,
    "lines swapped": _swapped,
    "line of contract or cut dropped": _in_contract(_dropped),
    "line of contract or cut doubled": _in_contract(_doubled),
    "lines of contract or cut swapped": _in_contract(_swapped),
}


def _shape(case: Case) -> object:
    """The contract, node for node, whatever the nodes' numbers are: two of one shape say the same."""
    made: dict[int, int] = {}
    shapes: dict[object, int] = {}

    def of(node: int) -> int:
        todo = [node]
        while todo:
            n = todo[-1]
            missing = [a for a in operands(case.table[n]) if a not in made]
            if missing:
                todo += missing
                continue
            todo.pop()
            made.setdefault(n, _number(n))
        return made[node]

    def _number(n: int) -> int:
        i = case.table[n]
        rest: tuple[object, ...] = tuple(made[a] for a in operands(i))
        named = {"Const": i[1:], "Var": i[1:], "App": (i[1], i[-1]), "Shl": i[2:], "Shr": i[2:], "Mask": i[2:]}
        own = named.get(i[0], (i[1], i[3]) if i[0] == "Mulc" else (i[1],) if i[0] == "Add" else ())
        return shapes.setdefault((i[0], own, rest), len(shapes))

    folds = [
        (f.name, f.widths, f.blocks, *(tuple(map(of, nodes)) for nodes in (f.start, f.over, f.step)))
        for f in case.folds.values()
    ]
    said = (
        case.numbers, case.words, case.regions, case.globals, case.depth, case.above, case.modifies,
        {k: of(n) for k, n in case.arguments.items()},
        [(g.region, of(g.offset), g.size, of(g.value)) for g in case.given],
        (case.preserves_x, case.preserves_d, case.preserves_v),
        [of(n) for _, n in case.requires], folds, [(of(e.left), of(e.right)) for e in case.ensures],
    )  # fmt: skip
    return said, shapes


def _judged(a: Attacked, other: Bundle, image: Image, seed: object) -> str:
    """What shows an accepted bundle harmless; raises `Unjudged` where nothing does."""
    if [_shape(c) for c in other.cases] == [_shape(c) for c in a.bundle.cases]:
        printed = [list(contract_lines(c)) for c in other.cases] == [list(contract_lines(c)) for c in a.bundle.cases]
        return f"the same contract, node for node{'' if printed else ' (names or order printed otherwise)'}"
    for case in other.cases:
        wrong = broken(case, image, a.offset, seed=seed, count=RUNS)
        if wrong:
            raise Unjudged(f"a run breaks it: {wrong}")
    return f"another contract, which {RUNS} runs keep"


def mutants(a: Attacked, count: int, tally: Tally, kinds: Sequence[str] = tuple(MUTATIONS)) -> None:
    """Audit so many bundles, changed in these ways in turn."""
    rng = random.Random(f"mutants {a.path.name}")
    made, turn = 0, rng.randrange(len(kinds))
    while made < count:
        turn += 1
        kind = kinds[turn % len(kinds)]
        lines = a.text.splitlines()
        MUTATIONS[kind](lines, rng)
        changed = "\n".join(lines) + "\n"
        if changed == a.text:
            continue
        made += 1
        difference = [f"{x!r} -> {y!r}" for x, y in zip(a.text.splitlines(), lines, strict=False) if x != y][:1]
        for how, other in _bundles(a, kind, changed):
            tally.tried[how] += 1
            if other is None or not audit(other, a.elf, a.entry).audited:
                tally.refused[how] += 1
                continue
            try:
                tally.harmless[f"{how}: {_judged(a, other, a.image, f'{a.path.name} {made}')}"] += 1
            except (Unjudged, ValueError) as e:
                tally.findings.append(f"{a.path.name}: {how}: {' '.join(difference)[:200]}: {e}")


def _bundles(a: Attacked, kind: str, changed: str) -> Iterator[tuple[str, Bundle | None]]:
    """The changed bundle, None where it is none; and, where its contract or cuts are changed, with hints for that."""
    try:
        yield kind, read(changed)
    except BundleError:
        yield kind, None
        return
    if kind not in ("hint", "multiplier"):
        again = read(changed)
        for case in again.cases:
            made_to_check(case, a.elf, a.entry)
        try:
            yield ANEW, read(write(again))
        except BundleError:
            yield ANEW, None
