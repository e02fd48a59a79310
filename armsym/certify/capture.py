"""What the engine proved of one case, as a bundle's case: the contract, and what stands where at each loop's head.

Nothing here is believed: the audit runs the file's code from cut to cut and shows every value anew.  What has no
words in a bundle yet raises `NotExportable`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from armsym.audit.bundle import Blocks, Case, Content, Cut, Ensured, Fact, Fold, Global, Index, Region, Store, Unknown
from armsym.audit.elf_parts import Piece as SectionOf
from armsym.audit.machine import TIMED
from armsym.audit.raw import ones
from armsym.audit.words import Words
from armsym.bits import Bits, Prop
from armsym.bits.opaque import definitions_of
from armsym.certify.claimed import relations_of
from armsym.certify.inequalities import all_of, chained, linear_facts
from armsym.certify.nodes import NotExportable, Translator, Translators, what
from armsym.certify.places import stored, variables
from armsym.certify.record import Recorded, Recorder, iterated, recorded, recording, table_of
from armsym.elf import Piece
from armsym.errors import ArmsymError
from armsym.integers.expression import Relation as Claimed
from armsym.machine import Machine
from armsym.proof import handles
from armsym.proof.claims import parts
from armsym.proof.engine.run import Met, Origin
from armsym.proof.handles import Iterated
from armsym.proof.path import memory_of
from armsym.proof.state import Words as SpecWords
from armsym.proof.state import handed
from armsym.proof.symbolic import SymbolicProof
from armsym.symbolic_memory import Filled, variable
from armsym.symbolic_memory import Unknown as UnknownContent
from armsym.terms.linear import linear_view
from armsym.terms.node import App, Poly, Term, Value, Var, intern
from armsym.terms.ops import is_secret

__all__ = ["Capture"]

#: What the auditor calls functions that our semantics and standards name.
NAMES = {"aes_sbox": "aes.sbox", "aes_inv_sbox": "aes.inv_sbox", "gf128_multiply": "gf128.mul"}


class Capture:
    """Makes a case of what a proof says, and of the loops' iterations that an engine explored."""

    def __init__(
        self,
        p: SymbolicProof,
        iterations: Sequence[Origin],
        title: str,
        shift: int,
        pieces: Mapping[int, SectionOf],
        met: Sequence[Met | None] = (),
    ) -> None:
        """`shift` is what is added to an offset of the image to make an address of the auditor's.

        `pieces` are what the auditor takes a linker to move, `met` the cuts that forgot something.
        """
        self.p, self.iterations, self.shift, self.pieces, self.met = p, iterations, shift, pieces, met
        self.case = Case(title=title)
        self.words = Words(self.case.table)
        self._rigid: dict[int, tuple[str, int]] = {}
        self._symbols: dict[int, tuple[str, int]] = {}
        self._contents: dict[str, str] = {}
        #: How many symbols and contents of cuts have a name.
        self._count = 0
        self._folds = {f.name: f for f in self.p._d.folds}
        self._kept: list[Term] = []
        #: Folds that have no words, and why.
        self._without: dict[str, str] = {}
        #: What is added to where the file is loaded for the address of a piece of it.
        self._bases: dict[int, int] = {}
        self.node = Translator(self.words, self._variable, self._application)
        #: What each cut's symbols and contents are called: of two loops in turn each has its own.
        self._called: dict[int, tuple[dict[int, tuple[str, int]], dict[str, str]]] = {0: ({}, {})}
        self._translators = Translators(self.node)

    def run(self) -> Case:
        """The case, without what makes it check."""
        d = self.p._d
        for lacking, there in (
            ("paths that are joined", d.joins),
            ("filters", d.filters),
            ("what is revealed", d.revealed),
            ("conditions that may be told", d.tells),
            ("another routine that it is compared with", d.twins),
            ("public registers", d.public_x),
            ("a frame aligned to more than 16 bytes", d.align > 16),
        ):
            if there:
                raise NotExportable(lacking)
        self._inputs()
        self._contract()
        self.case.cuts[0] = Cut(0, 0, 0, Index("", 0, 0, 0, inclusive=False))
        numbers: dict[int, int] = {}
        for k, origin in enumerate(self.iterations, 1):
            numbers[id(origin)] = k
            parent = 0 if origin.parent is None else numbers[id(origin.parent)]
            self.case.cuts[k] = self._cut(origin, k, parent)
        if self.case.relations and self.met:
            self._straight()
        return self.case

    def _straight(self) -> None:
        """What is claimed of integers at cuts of one path without loops: each cut is within the one before it."""
        met = [m for m in self.met if m is not None]
        if self.iterations or len(met) < len(self.met) or len({m.cut.at for m in met}) < len(met):
            why = "are within loops, forget folds, or are met again"
            raise NotExportable(f"claims about integers at cuts that {why}")
        # What calls told since the cut before: each cut says it again, for what it stands at the cut.
        said = {id(r) for r in self.p.relations}
        for k, m in enumerate(met, 1):
            once = self._symbols_of(k - 1, k)
            index = Index(once, 1, 1, self.words.const(1), inclusive=False)
            cut = self._standing(Cut(k, k - 1, m.cut.at + self.shift, index), m.machine, m.relations, m.cut.name)
            for r in m.before:
                if id(r) not in said:
                    with suppress(NotExportable):  # it speaks of what stands nowhere any more
                        cut.relations += list(relations_of(f"{m.cut.name}: told before", r, self.node, self.words))
            said |= {id(r) for r in (*m.before, *m.relations)}
            self.case.cuts[k] = cut

    # -- names --------------------------------------------------------------------------------

    def _name(self, v: Value, name: str) -> None:
        if isinstance(v, Term):
            t = intern(v)
            assert isinstance(t, Var)
            self._rigid[t.id] = name, t.pb
            self._kept.append(t)

    def _inputs(self) -> None:
        p, entry = self.p, self.p._entry_registers()
        for n, r in enumerate(entry.x):
            for t in variables([r.value]):
                if t.name == f"x{n}_in":
                    self._name(t, t.name)
        for n, r in enumerate(entry.v):
            for t in variables([r.value]):
                if t.name == f"v{n}_in":
                    self._name(t, t.name)
        for c in "NZCV":
            self._name(getattr(entry.nzcv, c).bit.value, f"{c.lower()}_in")
        self._name(p._sp_base.value, "sp0")
        self._name(p.lr0.value, "lr0")
        self._name(p._arbitrary.value, "block")
        for name, region in p._regions.items():
            self._name(region.base, f"base.{name}")
        for name, number in p._numbers.items():
            length = name in p._d.ranges
            self._name(number.value, f"num.{name}" if length else f"word.{name}")
            if not length and isinstance(number.value, Term):
                self.case.words[name] = intern(number.value).pb, is_secret(number.value)
        self._kept += [b.value for b in p.places._bases.values() if isinstance(b.value, Term)]
        image = p.routine.image
        for piece, base in p.places._bases.items():
            if isinstance(base.value, Term):
                if image.kind == "relocatable":
                    place = image.place_at(p.routine.entry)
                    if place is None or place.piece is not piece:
                        self._name(base.value, f"section.{self._section(piece)}")
                        continue
                    # The piece begins so many bytes before the routine.
                    self._bases[intern(base.value).id] = p.routine.entry - place.offset + self.shift
                self._name(base.value, "image")

        for at, page in p.places._pages.items():
            if image.kind == "relocatable" and isinstance(page.value, Var):
                self._name(page.value, f"page.{self._section(at.piece)}.{at.offset}")

    def _section(self, piece: Piece) -> int:
        """The number of the section that a piece is, which the auditor may move."""
        found = [k for k, s in self.pieces.items() if s.name == piece.name and s.size == piece.size]
        if len(found) != 1:
            raise NotExportable(f"the piece {piece.name} of a relocatable file")
        return found[0]

    def _variable(self, t: Var) -> int:
        found = self._rigid.get(t.id) or self._symbols.get(t.id)
        if found is None:
            raise NotExportable(f"the variable {t.name}, which stands for nothing at a cut")
        node = self.words.program.var(*found)
        if found[0] == "image":
            aligned = ~3 if self.p.routine.image.kind == "relocatable" else ~4095
            node = self.words.program.var("image", ones(64) & aligned)
            node = self.words.add(64, node, self.words.const(self._bases.get(t.id, 0) & ones(64)))
        return node

    def _application(self, t: App, arguments: tuple[int, ...]) -> int:
        name, possible = t.name, ones(t.width)
        if name.endswith("[]"):
            return self._cell(name[:-2], arguments[0], possible)
        fold = name.rpartition(".")[0]
        if fold in self._without:
            raise NotExportable(f"the fold {fold}: {self._without[fold]}")
        if fold in self._folds:
            return self.words.program.app(name, arguments, possible)
        named = self._named(name)
        if named is not None:
            return self.words.app(named, arguments, possible)
        if not name.isidentifier():
            raise NotExportable(f"the function {name}")
        meant = definitions_of(t)
        return self.words.app(table_of(name, meant[0] if meant else None), arguments, possible)

    def _named(self, name: str) -> str | None:
        """What a function is called in a bundle, if not by its own name; iterated ones are defined there."""
        called, _, word = name.rpartition("().")
        f = Iterated.known.get(called)
        if f is None:
            return NAMES.get(name)
        if not called.isidentifier():
            raise NotExportable(f"one of several functions called {called}")
        if called not in self.case.functions:
            self.case.functions[called] = iterated(self.words, f, self._named)
        return f"{called}.{word}"

    def _cell(self, name: str, offset: int, possible: int) -> int:
        w = self.words
        if name == "stack":
            offset = w.add(64, offset, w.const(-self.p._d.stack & ones(64)))
        if name in self._contents:
            return w.program.app(self._contents[name], (offset,), possible)
        if name.startswith("after'"):
            return w.program.app(f"after.{name[6:]}", (offset,), possible)
        if name.startswith("global "):
            return w.program.app(f"mem.global.{name[7:]}", (offset,), possible)
        if name in self.p._regions or name == "stack":
            return w.program.app(f"mem.{name}", (offset,), possible)
        raise NotExportable(f"the content {name}")

    # -- the contract -------------------------------------------------------------------------

    def _contract(self) -> None:
        p, case, d = self.p, self.case, self.p._d
        case.numbers = dict(d.ranges)
        for name, r in p._regions.items():
            constant, sizes = self._size(r.size)
            align = r.base.pb & -r.base.pb
            case.regions[name] = Region(name, r.access, r.cell, r.order, r.secret, align, constant, sizes)
            for at, value in r.given.items():
                case.given.append(Store(name, self.words.const(at), value.width // 8, self.node(value.value)))
        for g in p._global_regions:
            name = g.name.removeprefix("global ")
            if g.base.id not in self._rigid:
                raise NotExportable(f"the variable {name} of another file")
            case.globals[name] = Global(name, g.bias + self.shift, g.size.uint, g.secret)
        case.depth, case.above = d.stack, d.above
        case.modifies = {r.name for r in d.modifies} - {"stack"}
        for n, value in p._arguments.items():
            case.arguments[f"{'x' if value.width == 64 else 'w'}{n}"] = self.node(value.value)
        for n, value in p._vectors.items():
            case.arguments[f"v{n}"] = self.node(value.value)
        # (Of others the audit asks nothing: they are listed, or it does not know them.)
        case.alike = d.alike & TIMED
        i = d.interface
        case.preserves_x, case.preserves_d, case.preserves_v = i.x, i.d, i.v
        for text, condition in d.requires:
            for part in all_of(condition.bit.value):
                self.case.requires.append((text, chained(self.words, part, self.node)))
        for text, of in d.relations:
            try:
                self.case.known += relations_of(text, of, self.node, self.words)
            except NotExportable:
                continue  # without a precondition the contract says more
        for f in d.folds:
            try:
                self._fold(f)
            except (NotExportable, ArmsymError) as e:
                # One that is computed step by step need not occur in what is claimed.
                del self._folds[f.name]
                self._without[f.name] = what(e)
        self._ensures()
        # Of these a proof speaks step by step.
        case.unfold = {f.of.name for f in d.folds if f.of is not None} & set(case.functions)

    def _size(self, size: Bits) -> tuple[int, tuple[tuple[str, int], ...]]:
        if isinstance(size.value, int):
            return size.value, ()
        terms, constant = linear_view(size.value)
        found = []
        for t, k in terms.items():
            name = self._rigid.get(t.id, ("", 0))[0]
            if not name.startswith("num."):
                raise NotExportable(f"a region of {size.value} bytes")
            found.append((name[4:], k))
        return constant, tuple(found)

    def _fold(self, f: handles.Fold) -> None:
        if f.of is not None:
            raise NotExportable(f"{f.name}, the steps of an iterated function")
        w = self.words
        start = tuple(self.node(word.value) for word in f.start)
        i = variable("i", 64, secret=False)
        assert isinstance(i.value, Var)
        self._rigid[i.value.id] = f"{f.name}.index", ones(64)
        self._kept.append(i.value)
        with self.p._plainly():
            block = f.over(i)
        over = tuple(self.node(word.value) for word in block)
        widths, blocks = tuple(s.width for s in f.start), tuple(b.width for b in block)
        state = [w.program.var(f"{f.name}.state.{k}", ones(n)) for k, n in enumerate(widths)]
        given = [w.program.var(f"{f.name}.block.{k}", ones(n)) for k, n in enumerate(blocks)]
        recorder = Recorder(w, self._named, self.node)
        with recording(recorder):
            after = f.step(
                SpecWords(recorded(n, s) for n, s in zip(widths, state, strict=True)),
                SpecWords(recorded(n, b) for n, b in zip(blocks, given, strict=True)),
            )
            step = tuple(recorder.of(word.value) for word in after)
        assert all(isinstance(word.value, (int, Recorded)) for word in after)
        self.case.folds[f.name] = Fold(f.name, widths, start, over, step, blocks)

    def _ensures(self) -> None:
        d, shadow = self.p._d, self.p.start()
        for n in range(31):
            shadow.x[n] = self._exit(f"x{n}_out", 64)
        for n in range(32):
            shadow.v[n] = self._exit(f"v{n}_out", 128)
        memory = memory_of(shadow)
        for r in memory.regions:
            if r.name in self.case.modifies:
                memory.forget(r, f"after'{r.name}")
        for fn in d.ensures:
            with memory.observed(), handed(shadow) as s:
                for name, claim in fn(s).items():
                    for k, part in enumerate(parts(claim)):
                        if isinstance(part, Claimed):
                            self.case.relations += relations_of(f"{name} {k}", part, self.node, self.words)
                            continue
                        if isinstance(part, handles.Pointwise):
                            self.case.holds.append(self._holds(f"{name} {k}", part))
                            continue
                        if not isinstance(part, Prop) or part.sides is None:
                            raise NotExportable(f"the claim {name!r}, which is no equation")
                        left, right = (self.node(side.value) for side in part.sides)
                        self.case.ensures.append(Ensured(f"{name} {k}", left, right))

    def _holds(self, name: str, claim: handles.Pointwise) -> Blocks:
        if claim.partial or claim.tail.size.value != 0:
            raise NotExportable(f"the claim {name!r}: blocks with a tail, or of a part of a region")
        words = self._recorded(claim.expected(claim.arbitrary), lambda: claim.block(claim.arbitrary))
        return Blocks(claim.region.name, self.node(claim.upto.value), claim.width // 8, claim.order, words, name)

    def _recorded(self, words: list[Bits], again: Callable[[], Sequence[Bits]]) -> tuple[int, ...]:
        """The nodes of words, as the standard's program computes them when it runs `again`.

        Where cuts speak of the same values they have the same nodes.
        """
        recorder = Recorder(self.words, self._named, self.node)
        try:
            with recording(recorder):
                found = tuple(recorder.of(word.value) for word in again())
        except (NotExportable, ArmsymError, AttributeError, TypeError, AssertionError):
            return tuple(self.node(word.value) for word in words)  # it asks what only the engine's terms tell
        for word, node in zip(words, found, strict=True):
            if isinstance(word.value, Term):
                self.node.take(word.value, node)
        return found

    def _exit(self, name: str, width: int) -> Bits:
        v = variable(name, width, secret=True)
        self._name(v.value, name)
        return v

    # -- cuts ---------------------------------------------------------------------------------

    def _cut(self, origin: Origin, number: int, parent: int) -> Cut:
        inv = origin.invariant
        assert isinstance(origin.index.value, Var)
        i = origin.index.value
        self._symbols_of(parent, number, i)
        cut = Cut(number, parent, inv.head + self.shift, Index("", 0, 0, 0, inclusive=False))
        self._standing(cut, origin.head, origin.relations, inv.name)
        cut.index = Index(self._symbols[i.id][0], i.pb, inv.step, self.node(inv.upto.value), inv.inclusive)
        cut.facts = list(self._facts(origin.facts))
        return cut

    def _symbols_of(self, parent: int, number: int, index: Var | None = None) -> str:
        """Begin with the symbols of a cut, those around it known; the name of its index."""
        symbols, called = self._called[parent]
        self._symbols, self._contents = symbols.copy(), called.copy()
        self._called[number] = self._symbols, self._contents
        if index is not None:
            return self._symbol(index, index.pb)
        self._count += 1
        return f"s{self._count}"

    def _standing(self, cut: Cut, m: Machine, relations: Sequence[Claimed], name: str) -> Cut:
        """Fill in what stands where at a cut; from then on `node` knows its symbols."""
        memory = memory_of(m)
        places: list[tuple[str, Value]] = [*((f"x{n}", r.value) for n, r in enumerate(m.x)), ("sp", m.sp.value)]
        places += [(f"v{n}", r.value) for n, r in enumerate(m.v)]
        places += [(c.lower(), getattr(m.nzcv, c).bit.value) for c in "NZCV"]
        stores = list(stored(memory, self.p._d.stack))
        places += [(f"{region}+{k}:{size}", value) for region, symbolic, k, size, value in stores if symbolic is None]
        unknowns = self._unknowns(places)
        contents, blocks = list[Content](), list[Blocks]()
        for region, under in memory.beneath.items():
            if isinstance(under, UnknownContent) and under.name not in self._contents:
                self._count += 1
                name_of = self._contents[under.name] = f"c{self._count}"
                contents.append(Content(name_of, region))
        self.node = self._translators.of(self._symbols, self._contents)
        for region, under in memory.beneath.items():
            if isinstance(under, Filled):
                if under.start or under.rest is not None or under.tail:
                    raise NotExportable(f"{region}, of which only a part is stated block by block")
                if any(layer.bytes for layer in memory.overlays.get(region, ())):
                    raise NotExportable(f"stores over {region}, which is stated block by block")
                words = tuple(self.node(w.value) for w in under.words)
                blocks.append(Blocks(region, self.node(under.upto.value), under.word, under.order, words))
                continue
            if not isinstance(under, UnknownContent):
                raise NotExportable(f"the content of {region}")
        cut.unknowns, cut.contents, cut.blocks = unknowns, contents, blocks
        cut.x = tuple(self.node(r.value) for r in m.x)
        cut.sp = self.node(m.sp.value)
        cut.v = tuple(self.node(r.value) for r in m.v)
        cut.flags = tuple(self.node(getattr(m.nzcv, c).bit.value) for c in "NZCV")
        w = self.words
        for region, symbolic, k, size, value in stores:
            at = w.const(k & ones(64))
            offset = at if symbolic is None else w.add(64, self.node(symbolic), at)
            cut.stores.append(Store(region, offset, size, self.node(value)))
        # (Claims that nothing on return needs are left out: bundles may have no words for them.)
        for k, r in enumerate(relations if self.case.relations else ()):
            cut.relations += relations_of(f"{name} {k}", r, self.node, w)
        return cut

    def _symbol(self, t: Var, bits: int) -> str:
        """A name for a variable of a cut, within it."""
        self._count += 1
        name = f"s{self._count}"
        self._symbols[t.id] = name, bits
        self._kept.append(t)
        return name

    def _unknowns(self, places: list[tuple[str, Value]]) -> list[Unknown]:
        """The variables in what places hold that are neither inputs nor symbols so far, by where they stand."""
        found: list[Unknown] = []

        def bind(t: Var, place: str, shift: int, bits: int) -> None:
            if t.id in self._rigid or t.id in self._symbols:
                return
            # Bits that stand nowhere are none that anything is made of; else the audit will not close.
            name = self._symbol(t, bits)
            found.append(Unknown(name, bits, t.secret, place, shift))

        for place, value in places:
            if isinstance(value, Var):
                bind(value, place, 0, value.pb)
        for place, value in places:
            if isinstance(value, Poly):
                for m, mask in value.entries.items():
                    base, s = m.factors[0]
                    if len(m.factors) == 1 and isinstance(base, Var):
                        bind(base, place, s, mask << s if s >= 0 else mask >> -s)
        return found

    def _facts(self, facts: Iterable[Value]) -> Iterable[Fact]:
        for f in facts:
            # (Of `n >= 9 and i <= n - 9`, which claims say, each is a fact.)
            for constant, terms in (form for part in all_of(f) for form in linear_facts(part)):
                if not all(t.id in self._rigid or t.id in self._symbols or isinstance(t, App) for t in terms):
                    continue
                if any(self._rigid.get(t.id, ("", 0))[0].startswith("base.") for t in terms):
                    continue
                pairs = tuple((self.node(t), k) for t, k in sorted(terms.items(), key=lambda one: one[0].id))
                if pairs and constant + sum(k * t.pb for t, k in terms.items() if k < 0) < 0:
                    yield Fact(constant, pairs)
