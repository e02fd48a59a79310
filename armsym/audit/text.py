"""The text of bundles: docs/bundle.md.  `read` is strict: it takes exactly what `write` writes.

A line each; words are separated by one space.  Numbers are decimal, what is free text is percent-encoded and last.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator

from armsym.audit import fields
from armsym.audit.bundle import (
    Bundle,
    Case,
    Content,
    Cut,
    Ensured,
    Fact,
    Fold,
    Function,
    Global,
    Index,
    Region,
    Store,
    Unknown,
)
from armsym.audit.contracts import digests_of, is_contract_alone
from armsym.audit.hints import MOST_BITS, Certificate, TextError
from armsym.audit.hints import read as read_certificate
from armsym.audit.hints import write as write_certificate
from armsym.audit.lines import BundleError, Lines
from armsym.audit.machine import SIGNING, TIMED
from armsym.audit.relations import relation_line, relation_of

__all__ = ["HEAD", "BundleError", "read", "write"]

HEAD = "armsym-bundle 1"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_SYMBOL = re.compile(r"s[0-9]{1,6}")
_CONTENT = re.compile(r"c[0-9]{1,6}")
_HASH = re.compile(r"[0-9a-f]{64}")
#: Names that functions of the contract begin with: no fold may have one.
_TAKEN = {"mem", "word", "after", "num", "base", "f", "global", "stack", "aes", "bytes", "section", "page", "block"}


def _case_lines(c: Case) -> Iterator[str]:
    yield f"case {fields.free(c.title)}"
    table = write_certificate(Certificate(c.table, [], 1)).splitlines()
    yield f"table {len(table)}"
    yield from table
    for name, (low, high) in c.numbers.items():
        yield f"number {name} {low} {high}"
    for name, (bits, secret) in c.words.items():
        yield f"word {name} {bits} {'secret' if secret else 'public'}"
    for r in c.regions.values():
        sizes = [w for n, k in r.sizes for w in (n, str(k))]
        secrecy = "secret" if r.secret else "public"
        told = ["region", r.name, r.access, str(r.cell), r.order, secrecy, str(r.align), str(r.constant), *sizes]
        yield " ".join(told)
    for g in c.globals.values():
        yield f"global {g.name} {g.address} {g.size} {'secret' if g.secret else 'public'}"
    yield f"stack {c.depth} {c.above}"
    yield f"modifies {fields.listed(sorted(c.modifies))}"
    kept = (c.preserves_x, c.preserves_d, c.preserves_v)
    yield " ".join(["preserves", *(fields.listed(sorted(of)) for of in kept)])
    if c.alike:
        yield f"alike {fields.listed(sorted(c.alike))}"
    if c.inert:
        yield f"inert {fields.listed(sorted(c.inert))}"
    for place, node in c.arguments.items():
        yield f"argument {place} {node}"
    for s in c.given:
        yield f"given {s.region} {s.offset} {s.size} {s.value}"
    for text, node in c.requires:
        yield f"requires {node} {fields.free(text)}"
    yield from (relation_line("known", r, fields.free(r.name)) for r in c.known)
    for f in c.folds.values():
        parts = (f.widths, f.start, f.blocks, f.over, f.step)
        yield " ".join(["fold", f.name, *map(fields.listed, parts)])
    for taken in c.functions.values():
        yield f"function {taken.name} {fields.listed(taken.widths)} {len(taken.steps)}"
        for step in taken.steps:
            yield f"step {fields.listed(step)}"
    for e in c.ensures:
        yield f"ensures {e.left} {e.right} {fields.free(e.name)}"
    for b in c.holds:
        yield f"holds {fields.blocks_text(b)} {fields.free(b.name)}"
    yield from (relation_line("relation", r, fields.free(r.name)) for r in c.relations)
    for name in sorted(c.unfold):
        yield f"unfold {name}"
    for cut in c.cuts.values():
        if cut.number:
            yield from _cut_lines(cut)
    yield f"steps {len(c.steps)}"
    yield from c.steps
    for number, lines in c.certificates.items():
        yield f"certificate {number} {len(lines)}"
        yield from lines
    for number, lines in c.integers.items():
        yield f"integers {number} {len(lines)}"
        yield from lines
    yield "end-case"


def _cut_lines(cut: Cut) -> Iterator[str]:
    yield f"cut {cut.number} {cut.parent} {cut.address}"
    i = cut.index
    yield f"index {i.name} {i.bits} {i.step} {i.upto} {'inclusive' if i.inclusive else 'exclusive'}"
    for u in cut.unknowns:
        yield f"unknown {u.name} {u.bits} {'secret' if u.secret else 'public'} {u.place} {u.shift}"
    for c in cut.contents:
        yield f"content {c.name} {c.region}"
    for b in cut.blocks:
        yield f"blocks {fields.blocks_text(b)}"
    yield f"x {fields.listed(cut.x)}"
    yield f"sp {cut.sp}"
    yield f"v {fields.listed(cut.v)}"
    yield f"flags {fields.listed(cut.flags)}"
    for s in cut.stores:
        yield f"store {s.region} {s.offset} {s.size} {s.value}"
    for f in cut.facts:
        yield " ".join(["fact", str(f.constant), *(str(v) for term in f.terms for v in term)])
    yield from (relation_line("relation", r, fields.free(r.name)) for r in cut.relations)
    yield "end-cut"


def write(b: Bundle) -> str:
    """The text of a bundle."""
    lines = [
        HEAD,
        f"proof {fields.free(b.proof)}",
        f"symbol {fields.free(b.symbol)}",
        f"file {b.file_sha256} {fields.free(b.object)}",
    ]
    lines += [f"made-by {fields.free(b.made_by)}", f"statement {fields.free(b.statement)}"]
    lines += [f"assumes {fields.free(a)}" for a in b.assumptions] + [f"missing {fields.free(m)}" for m in b.missing]
    for symbol, contracts in b.uses.items():
        lines.append(f"uses {fields.free(symbol)} {fields.listed(digests_of(contracts))}")
        for c in contracts:
            lines += _case_lines(c)
    for c in b.cases:
        lines += _case_lines(c)
    return "\n".join([*lines, "end"]) + "\n"


def read(text: str) -> Bundle:
    """The bundle of a text; raises `BundleError`."""
    lines = Lines(text)
    try:
        found = _read(lines)
    except BundleError:
        raise
    except (ValueError, IndexError) as e:
        raise lines.error(str(e)) from None
    if write(found) != text:
        raise BundleError("the bundle is not written as bundles are: it does not come out as it went in")
    return found


def _read(lines: Lines) -> Bundle:
    if lines.take("armsym-bundle", 1) != ["1"]:
        raise lines.error("only version 1 is known")
    b = Bundle()
    b.proof, b.symbol = fields.text(lines.take("proof", 1)[0]), fields.text(lines.take("symbol", 1)[0])
    digest, b.object = lines.take("file", 2)
    b.file_sha256, b.object = fields.matching(_HASH, digest), fields.text(b.object)
    b.made_by, b.statement = fields.text(lines.take("made-by", 1)[0]), fields.text(lines.take("statement", 1)[0])
    while lines.peek() == "assumes":
        b.assumptions.append(fields.text(lines.take("assumes", 1)[0]))
    while lines.peek() == "missing":
        b.missing.append(fields.text(lines.take("missing", 1)[0]))
    while lines.peek() == "uses":
        symbol, said = lines.take("uses", 2)
        symbol, said_of = fields.text(symbol), [fields.matching(_HASH, d) for d in fields.items(said)]
        _once(b.uses, symbol, lines)
        b.uses[symbol] = [_case(lines) for _ in said_of]
        if not said_of or not all(map(is_contract_alone, b.uses[symbol])):
            raise lines.error(f"what is used of {symbol} is no contract alone")
        if digests_of(b.uses[symbol]) != said_of:
            raise lines.error(f"the contracts of {symbol} are others than their digests say")
    while lines.peek() == "case":
        b.cases.append(_case(lines))
    lines.take("end", 0)
    if not lines.over:
        raise lines.error("lines after the end")
    return b


def _case(lines: Lines) -> Case:
    c = Case(title=fields.text(lines.take("case", 1)[0]))
    table = lines.raw(fields.number(lines.take("table", 1)[0]))
    try:
        certificate = read_certificate(table)
    except TextError as e:
        raise lines.error(str(e)) from None
    if certificate.parts:
        raise lines.error("a table of nodes has no parts")
    c.table, most = certificate.program, len(certificate.program)

    def node(word: str) -> int:
        n = fields.number(word)
        if not 0 < n < most:
            raise lines.error(f"there is no node {n}")
        return n

    def nodes(word: str, count: int | None = None) -> tuple[int, ...]:
        found = tuple(node(w) for w in fields.items(word))
        if count is not None and len(found) != count:
            raise lines.error(f"{len(found)} nodes instead of {count}")
        return found

    while lines.peek() == "number":
        name, low, high = lines.take("number", 3)
        _once(c.numbers, fields.matching(_NAME, name), lines)
        c.numbers[name] = fields.number(low), fields.number(high)
        if not 0 <= c.numbers[name][0] <= c.numbers[name][1] < 1 << 64:
            raise lines.error("no number of 64 bits is in the range")
    while lines.peek() == "word":
        name, bits, secrecy = lines.take("word", 3)
        _once(c.words, fields.matching(_NAME, name), lines)
        c.words[name] = fields.bits(bits, 128), fields.secret(secrecy)
    while lines.peek() == "region":
        r = _region(lines.take("region"), c, lines)
        _once(c.regions, r.name, lines)
        c.regions[r.name] = r
    while lines.peek() == "global":
        name, address, size, secrecy = lines.take("global", 4)
        _once(c.globals, fields.matching(_NAME, name), lines)
        if fields.number(size) not in (1, 2, 4, 8):
            raise lines.error(f"a global of {size} bytes")
        c.globals[name] = Global(name, fields.number(address), fields.number(size), fields.secret(secrecy))
    c.depth, c.above = map(fields.number, lines.take("stack", 2))
    c.modifies = {fields.matching(_NAME, w) for w in fields.items(lines.take("modifies", 1)[0])}
    if not c.modifies <= set(c.regions):
        raise lines.error(f"no regions: {sorted(c.modifies - set(c.regions))}")
    preserved = [frozenset(map(fields.number, fields.items(w))) for w in lines.take("preserves", 3)]
    c.preserves_x, c.preserves_d, c.preserves_v = preserved
    if lines.peek() == "alike":
        c.alike = set(fields.items(lines.take("alike", 1)[0]))
        if not c.alike <= TIMED:
            raise lines.error(f"{sorted(c.alike - TIMED)}: only the time of {sorted(TIMED)} is not known to be alike")
    if lines.peek() == "inert":
        c.inert = set(fields.items(lines.take("inert", 1)[0]))
        if not c.inert <= SIGNING:
            raise lines.error(f"{sorted(c.inert - SIGNING)}: only {sorted(SIGNING)} are taken to do nothing")
    while lines.peek() == "argument":
        place, n = lines.take("argument", 2)
        if not re.fullmatch(r"[xw]([0-9]|[12][0-9])|v([0-9]|[12][0-9]|3[01])", place):
            raise lines.error(f"{place} is no register")
        _once(c.arguments, place, lines)
        c.arguments[place] = node(n)
    while lines.peek() == "given":
        region, offset, size, value = lines.take("given", 4)
        if region not in c.regions:
            raise lines.error(f"{region} is no region")
        c.given.append(Store(region, node(offset), fields.size(size), node(value)))
    while lines.peek() == "requires":
        n, text = lines.take("requires", 2)
        c.requires.append((fields.text(text), node(n)))
    while lines.peek() == "known":
        c.known.append(relation_of(lines.take("known"), fields.text, node))
    while lines.peek() == "fold":
        name, widths, start, blocks, over, step = lines.take("fold", 6)
        if name in _TAKEN or _SYMBOL.fullmatch(name) or _CONTENT.fullmatch(name):
            raise lines.error(f"a fold is not called {name}")
        _once(c.folds, fields.matching(_NAME, name), lines)
        wide, words = fields.widths(widths, MOST_BITS), fields.widths(blocks, MOST_BITS)
        count = len(wide)
        c.folds[name] = Fold(name, wide, nodes(start, count), nodes(over, len(words)), nodes(step, count), words)
    while lines.peek() == "function":
        name, widths, times = lines.take("function", 3)
        if name in _TAKEN or name in c.folds or _SYMBOL.fullmatch(name) or _CONTENT.fullmatch(name):
            raise lines.error(f"a function is not called {name}")
        _once(c.functions, fields.matching(_NAME, name), lines)
        wide = fields.widths(widths, MOST_BITS)
        if not wide or fields.number(times) < 1:
            raise lines.error("a function has words, and at least one step")
        steps = tuple(nodes(lines.take("step", 1)[0], len(wide)) for _ in range(fields.number(times)))
        c.functions[name] = Function(name, wide, steps)
    while lines.peek() == "ensures":
        left, right, what = lines.take("ensures", 3)
        c.ensures.append(Ensured(fields.text(what), node(left), node(right)))
    while lines.peek() == "holds":
        *claim, what = lines.take("holds", 6)
        c.holds.append(fields.blocks(claim, fields.text(what), c, node, nodes))
    while lines.peek() == "relation":
        c.relations.append(relation_of(lines.take("relation"), fields.text, node))
    c.cuts[0] = Cut(0, 0, 0, Index("", 0, 0, 0, inclusive=False))
    while lines.peek() == "unfold":
        name = lines.take("unfold", 1)[0]
        if name not in c.functions:
            raise lines.error(f"{name} is no function")
        c.unfold.add(name)
    names: set[str] = set()
    while lines.peek() == "cut":
        cut = _cut(lines, c, node, nodes, names)
        c.cuts[cut.number] = cut
    c.steps = lines.raw(fields.number(lines.take("steps", 1)[0]))
    for keyword, of in (("certificate", c.certificates), ("integers", c.integers)):
        while lines.peek() == keyword:
            number, count_ = map(fields.number, lines.take(keyword, 2))
            if number not in c.cuts or number in of:
                raise lines.error(f"no cut, or twice: {number}")
            of[number] = lines.raw(count_)
    lines.take("end-case", 0)
    return c


def _region(words: list[str], c: Case, lines: Lines) -> Region:
    if len(words) < 7 or len(words) % 2 == 0:
        raise lines.error("a region has name, access, cell, order, secrecy, alignment and size")
    name, access, cell, order, secrecy, align, constant = words[:7]
    sizes = tuple((words[k], fields.number(words[k + 1])) for k in range(7, len(words), 2))
    if access not in ("r", "w", "rw") or order not in ("little", "big") or fields.number(cell) not in (1, 2, 4, 8, 16):
        raise lines.error("not r, w or rw; not little or big; or no cell of 1, 2, 4, 8 or 16 bytes")
    if any(n not in c.numbers for n, _ in sizes) or len(dict(sizes)) != len(sizes):
        raise lines.error("a size speaks of what is no number, or twice of one")
    if fields.number(align) < 1 or fields.number(align) & fields.number(align) - 1:
        raise lines.error(f"an alignment of {align}")
    if fields.matching(_NAME, name) in ("stack", "image"):
        raise lines.error(f"a region is not called {name}")
    return Region(
        name,
        access,
        fields.number(cell),
        order,
        fields.secret(secrecy),
        fields.number(align),
        fields.number(constant),
        sizes,
    )


def _cut(
    lines: Lines, c: Case, at: Callable[[str], int], nodes: Callable[..., tuple[int, ...]], names: set[str]
) -> Cut:
    number, parent, address = map(fields.number, lines.take("cut", 3))
    if number != len(c.cuts) or parent not in c.cuts:
        raise lines.error("cuts are numbered from 1 on, and a parent comes before")
    name, bits, step, upto, end = lines.take("index", 5)
    if end not in ("inclusive", "exclusive"):
        raise lines.error(end)
    index = Index(
        _new(name, names, _SYMBOL, lines), fields.bits(bits, 64), fields.number(step), at(upto), end == "inclusive"
    )
    cut = Cut(number, parent, address, index)
    while lines.peek() == "unknown":
        name, bits, secrecy, place, shift = lines.take("unknown", 5)
        _new(name, names, _SYMBOL, lines)
        moved = fields.ranged(shift, -127, 127)  # no place has more than 128 bits
        cut.unknowns.append(
            Unknown(name, fields.bits(bits, 128), fields.secret(secrecy), fields.place(place, c), moved)
        )
    while lines.peek() == "content":
        name, region = lines.take("content", 2)
        if region not in c.regions or region in {k.region for k in cut.contents}:
            raise lines.error(f"{region} is no region, or twice")
        cut.contents.append(Content(_new(name, names, _CONTENT, lines), region))
    while lines.peek() == "blocks":
        claim = fields.blocks(lines.take("blocks", 5), "", c, at, nodes)
        if claim.region in {k.region for k in cut.contents} | {b.region for b in cut.blocks}:
            raise lines.error(f"what {claim.region} holds is said twice")
        cut.blocks.append(claim)
    cut.x = nodes(lines.take("x", 1)[0], 31)
    cut.sp = at(lines.take("sp", 1)[0])
    cut.v = nodes(lines.take("v", 1)[0], 32)
    cut.flags = nodes(lines.take("flags", 1)[0], 4)
    while lines.peek() == "store":
        region, offset, size, value = lines.take("store", 4)
        if region not in c.regions and region != "stack":
            raise lines.error(f"{region} is no region")
        if region in {b.region for b in cut.blocks}:
            raise lines.error(f"a store over {region}, whose content is stated block by block")
        cut.stores.append(Store(region, at(offset), fields.size(size), at(value)))
    while lines.peek() == "fact":
        words = lines.take("fact")
        if len(words) % 2 == 0:
            raise lines.error("a fact has a constant and pairs")
        terms = tuple((at(words[k]), fields.number(words[k + 1])) for k in range(1, len(words), 2))
        cut.facts.append(Fact(fields.number(words[0]), terms))
    while lines.peek() == "relation":
        cut.relations.append(relation_of(lines.take("relation"), fields.text, at))
    lines.take("end-cut", 0)
    return cut


def _new(name: str, names: set[str], pattern: re.Pattern[str], lines: Lines) -> str:
    fields.matching(pattern, name)
    if name in names:
        raise lines.error(f"{name} twice")
    names.add(name)
    return name


def _once(known: Container[str], name: str, lines: Lines) -> None:
    if name in known:
        raise lines.error(f"{name} twice")
