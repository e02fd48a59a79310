"""The text of bundles: docs/bundle.md.  `read` is strict: it takes exactly what `write` writes.

A line each; words are separated by one space.  Numbers are decimal, what is free text is percent-encoded and last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

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
from armsym.audit.fields import BundleError
from armsym.audit.fields import Lines as _Lines
from armsym.audit.fields import bits as _bits
from armsym.audit.fields import free as _free
from armsym.audit.fields import items as _items
from armsym.audit.fields import joined as _list
from armsym.audit.fields import matching as _matching
from armsym.audit.fields import number as _number
from armsym.audit.fields import secret as _secret
from armsym.audit.fields import size as _size
from armsym.audit.fields import text as _text
from armsym.audit.hints import Certificate, TextError
from armsym.audit.hints import read as read_certificate
from armsym.audit.hints import write as write_certificate

__all__ = ["HEAD", "BundleError", "read", "write"]

HEAD = "armsym-bundle 1"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_SYMBOL = re.compile(r"s[0-9]{1,6}")
_CONTENT = re.compile(r"c[0-9]{1,6}")
_HASH = re.compile(r"[0-9a-f]{64}")
_PLACE = re.compile(r"[xv][0-9]{1,2}|sp|[nzcv]|[A-Za-z_][A-Za-z0-9_]*\+-?[0-9]{1,19}:[0-9]{1,2}")
#: Names that functions of the contract begin with: no fold may have one.
_TAKEN = {"mem", "word", "after", "num", "base", "f", "global", "stack", "aes", "bytes", "section", "page"}


def _case_lines(c: Case) -> Iterator[str]:
    yield f"case {_free(c.title)}"
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
    yield f"modifies {_list(sorted(c.modifies))}"
    yield f"preserves {_list(sorted(c.preserves_x))} {_list(sorted(c.preserves_d))} {_list(sorted(c.preserves_v))}"
    for place, node in c.arguments.items():
        yield f"argument {place} {node}"
    for s in c.given:
        yield f"given {s.region} {s.offset} {s.size} {s.value}"
    for text, node in c.requires:
        yield f"requires {node} {_free(text)}"
    for f in c.folds.values():
        yield " ".join(["fold", f.name, *map(_list, (f.widths, f.start, f.blocks, f.over, f.step))])
    for taken in c.functions.values():
        yield f"function {taken.name} {_list(taken.widths)} {len(taken.steps)}"
        for step in taken.steps:
            yield f"step {_list(step)}"
    for e in c.ensures:
        yield f"ensures {e.left} {e.right} {_free(e.name)}"
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
    yield "end-case"


def _cut_lines(cut: Cut) -> Iterator[str]:
    yield f"cut {cut.number} {cut.parent} {cut.address}"
    i = cut.index
    yield f"index {i.name} {i.bits} {i.step} {i.upto} {'inclusive' if i.inclusive else 'exclusive'}"
    for u in cut.unknowns:
        yield f"unknown {u.name} {u.bits} {'secret' if u.secret else 'public'} {u.place} {u.shift}"
    for c in cut.contents:
        yield f"content {c.name} {c.region}"
    yield f"x {_list(cut.x)}"
    yield f"sp {cut.sp}"
    yield f"v {_list(cut.v)}"
    yield f"flags {_list(cut.flags)}"
    for s in cut.stores:
        yield f"store {s.region} {s.offset} {s.size} {s.value}"
    for f in cut.facts:
        yield " ".join(["fact", str(f.constant), *(str(v) for term in f.terms for v in term)])
    yield "end-cut"


def write(b: Bundle) -> str:
    """The text of a bundle."""
    lines = [HEAD, f"proof {_free(b.proof)}", f"symbol {_free(b.symbol)}", f"file {b.file_sha256} {_free(b.object)}"]
    lines += [f"made-by {_free(b.made_by)}", f"statement {_free(b.statement)}"]
    lines += [f"assumes {_free(a)}" for a in b.assumptions] + [f"missing {_free(m)}" for m in b.missing]
    for symbol, contracts in b.uses.items():
        lines.append(f"uses {_free(symbol)} {_list(digests_of(contracts))}")
        for c in contracts:
            lines += _case_lines(c)
    for c in b.cases:
        lines += _case_lines(c)
    return "\n".join([*lines, "end"]) + "\n"


def read(text: str) -> Bundle:
    """The bundle of a text; raises `BundleError`."""
    lines = _Lines(text)
    try:
        found = _read(lines)
    except BundleError:
        raise
    except (ValueError, IndexError) as e:
        raise lines.error(str(e)) from None
    if write(found) != text:
        raise BundleError("the bundle is not written as bundles are: it does not come out as it went in")
    return found


def _read(lines: _Lines) -> Bundle:
    if lines.take("armsym-bundle", 1) != ["1"]:
        raise lines.error("only version 1 is known")
    b = Bundle()
    b.proof, b.symbol = _text(lines.take("proof", 1)[0]), _text(lines.take("symbol", 1)[0])
    digest, b.object = lines.take("file", 2)
    b.file_sha256, b.object = _matching(_HASH, digest), _text(b.object)
    b.made_by, b.statement = _text(lines.take("made-by", 1)[0]), _text(lines.take("statement", 1)[0])
    while lines.peek() == "assumes":
        b.assumptions.append(_text(lines.take("assumes", 1)[0]))
    while lines.peek() == "missing":
        b.missing.append(_text(lines.take("missing", 1)[0]))
    while lines.peek() == "uses":
        symbol, said = lines.take("uses", 2)
        symbol, said_of = _text(symbol), [_matching(_HASH, d) for d in _items(said)]
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


def _case(lines: _Lines) -> Case:
    c = Case(title=_text(lines.take("case", 1)[0]))
    table = lines.raw(_number(lines.take("table", 1)[0]))
    try:
        certificate = read_certificate(table)
    except TextError as e:
        raise lines.error(str(e)) from None
    if certificate.parts:
        raise lines.error("a table of nodes has no parts")
    c.table, most = certificate.program, len(certificate.program)

    def node(word: str) -> int:
        n = _number(word)
        if not 0 < n < most:
            raise lines.error(f"there is no node {n}")
        return n

    def nodes(word: str, count: int | None = None) -> tuple[int, ...]:
        found = tuple(node(w) for w in _items(word))
        if count is not None and len(found) != count:
            raise lines.error(f"{len(found)} nodes instead of {count}")
        return found

    while lines.peek() == "number":
        name, low, high = lines.take("number", 3)
        _once(c.numbers, _matching(_NAME, name), lines)
        c.numbers[name] = _number(low), _number(high)
        if not 0 <= c.numbers[name][0] <= c.numbers[name][1] < 1 << 64:
            raise lines.error("no number of 64 bits is in the range")
    while lines.peek() == "word":
        name, bits, secrecy = lines.take("word", 3)
        _once(c.words, _matching(_NAME, name), lines)
        c.words[name] = _bits(bits, 128), _secret(secrecy)
    while lines.peek() == "region":
        r = _region(lines.take("region"), c, lines)
        _once(c.regions, r.name, lines)
        c.regions[r.name] = r
    while lines.peek() == "global":
        name, address, size, secrecy = lines.take("global", 4)
        _once(c.globals, _matching(_NAME, name), lines)
        if _number(size) not in (1, 2, 4, 8):
            raise lines.error(f"a global of {size} bytes")
        c.globals[name] = Global(name, _number(address), _number(size), _secret(secrecy))
    c.depth, c.above = map(_number, lines.take("stack", 2))
    c.modifies = {_matching(_NAME, w) for w in _items(lines.take("modifies", 1)[0])}
    if not c.modifies <= set(c.regions):
        raise lines.error(f"no regions: {sorted(c.modifies - set(c.regions))}")
    kept = lines.take("preserves", 3)
    c.preserves_x, c.preserves_d, c.preserves_v = (frozenset(map(_number, _items(w))) for w in kept)
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
        c.given.append(Store(region, node(offset), _size(size), node(value)))
    while lines.peek() == "requires":
        n, text = lines.take("requires", 2)
        c.requires.append((_text(text), node(n)))
    while lines.peek() == "fold":
        name, widths, start, blocks, over, step = lines.take("fold", 6)
        if name in _TAKEN or _SYMBOL.fullmatch(name) or _CONTENT.fullmatch(name):
            raise lines.error(f"a fold is not called {name}")
        _once(c.folds, _matching(_NAME, name), lines)
        wide, words = tuple(map(_number, _items(widths))), tuple(map(_number, _items(blocks)))
        count = len(wide)
        c.folds[name] = Fold(name, wide, nodes(start, count), nodes(over, len(words)), nodes(step, count), words)
    while lines.peek() == "function":
        name, widths, times = lines.take("function", 3)
        if name in _TAKEN or name in c.folds or _SYMBOL.fullmatch(name) or _CONTENT.fullmatch(name):
            raise lines.error(f"a function is not called {name}")
        _once(c.functions, _matching(_NAME, name), lines)
        wide = tuple(map(_number, _items(widths)))
        if not wide or min(wide) < 1 or _number(times) < 1:
            raise lines.error("a function has words of at least a bit, and at least one step")
        steps = tuple(nodes(lines.take("step", 1)[0], len(wide)) for _ in range(_number(times)))
        c.functions[name] = Function(name, wide, steps)
    while lines.peek() == "ensures":
        left, right, what = lines.take("ensures", 3)
        c.ensures.append(Ensured(_text(what), node(left), node(right)))
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
    c.steps = lines.raw(_number(lines.take("steps", 1)[0]))
    while lines.peek() == "certificate":
        number, count_ = map(_number, lines.take("certificate", 2))
        if number not in c.cuts or number in c.certificates:
            raise lines.error(f"no cut, or twice: {number}")
        c.certificates[number] = lines.raw(count_)
    lines.take("end-case", 0)
    return c


def _region(words: list[str], c: Case, lines: _Lines) -> Region:
    if len(words) < 7 or len(words) % 2 == 0:
        raise lines.error("a region has name, access, cell, order, secrecy, alignment and size")
    name, access, cell, order, secrecy, align, constant = words[:7]
    sizes = tuple((words[k], _number(words[k + 1])) for k in range(7, len(words), 2))
    if access not in ("r", "w", "rw") or order not in ("little", "big") or _number(cell) not in (1, 2, 4, 8):
        raise lines.error("not r, w or rw; not little or big; or no cell of 1, 2, 4 or 8 bytes")
    if any(n not in c.numbers for n, _ in sizes) or len(dict(sizes)) != len(sizes):
        raise lines.error("a size speaks of what is no number, or twice of one")
    if _number(align) < 1 or _number(align) & _number(align) - 1:
        raise lines.error(f"an alignment of {align}")
    if _matching(_NAME, name) in ("stack", "image"):
        raise lines.error(f"a region is not called {name}")
    return Region(name, access, _number(cell), order, _secret(secrecy), _number(align), _number(constant), sizes)


def _cut(lines: _Lines, c: Case, node: object, nodes: object, names: set[str]) -> Cut:
    number, parent, address = map(_number, lines.take("cut", 3))
    if number != len(c.cuts) or parent not in c.cuts:
        raise lines.error("cuts are numbered from 1 on, and a parent comes before")
    name, bits, step, upto, end = lines.take("index", 5)
    if end not in ("inclusive", "exclusive"):
        raise lines.error(end)
    at = node  # a node's number, checked
    index = Index(_new(name, names, _SYMBOL, lines), _bits(bits, 64), _number(step), at(upto), end == "inclusive")  # type: ignore[operator]
    cut = Cut(number, parent, address, index)
    while lines.peek() == "unknown":
        name, bits, secrecy, place, shift = lines.take("unknown", 5)
        _new(name, names, _SYMBOL, lines)
        place = _a_place(place, c, lines)
        cut.unknowns.append(Unknown(name, _bits(bits, 128), _secret(secrecy), place, _number(shift)))
    while lines.peek() == "content":
        name, region = lines.take("content", 2)
        if region not in c.regions or region in {k.region for k in cut.contents}:
            raise lines.error(f"{region} is no region, or twice")
        cut.contents.append(Content(_new(name, names, _CONTENT, lines), region))
    cut.x = nodes(lines.take("x", 1)[0], 31)  # type: ignore[operator]
    cut.sp = at(lines.take("sp", 1)[0])  # type: ignore[operator]
    cut.v = nodes(lines.take("v", 1)[0], 32)  # type: ignore[operator]
    cut.flags = nodes(lines.take("flags", 1)[0], 4)  # type: ignore[operator]
    while lines.peek() == "store":
        region, offset, size, value = lines.take("store", 4)
        if region not in c.regions and region != "stack":
            raise lines.error(f"{region} is no region")
        cut.stores.append(Store(region, at(offset), _size(size), at(value)))  # type: ignore[operator]
    while lines.peek() == "fact":
        words = lines.take("fact")
        if len(words) % 2 == 0:
            raise lines.error("a fact has a constant and pairs")
        terms = tuple((at(words[k]), _number(words[k + 1])) for k in range(1, len(words), 2))  # type: ignore[operator]
        cut.facts.append(Fact(_number(words[0]), terms))
    lines.take("end-cut", 0)
    return cut


def _a_place(place: str, c: Case, lines: _Lines) -> str:
    _matching(_PLACE, place)
    region, plus, rest = place.partition("+")
    if plus:
        if region not in c.regions and region != "stack":
            raise lines.error(f"{region} is no region")
        _size(rest.split(":")[1])
        return place
    most = {"x": 30, "v": 31}.get(place[0]) if place[1:].isdecimal() else None
    if place[1:].isdecimal() and (most is None or int(place[1:]) > most or place != place[0] + str(int(place[1:]))):
        raise lines.error(f"{place} is no register")
    return place


def _new(name: str, names: set[str], pattern: re.Pattern[str], lines: _Lines) -> str:
    _matching(pattern, name)
    if name in names:
        raise lines.error(f"{name} twice")
    names.add(name)
    return name


def _once(known: object, name: str, lines: _Lines) -> None:
    if name in known:  # type: ignore[operator]
        raise lines.error(f"{name} twice")
