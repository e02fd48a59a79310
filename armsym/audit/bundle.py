"""What a bundle says, as plain records: a contract, and for each cut what stands where.  Text: `armsym.audit.text`.

Nodes are instructions of a case's `table`, a raw program over these inputs and functions:

    x0_in .. x30_in, v0_in .. v31_in, n_in z_in c_in v_in, sp0, lr0     the state on entry
    image              where the file is loaded: a multiple of 4096
    base.R, mem.R(o)   the address of region R; the cell at byte offset o of what it holds on entry
    num.n, word.w      a number and a word of the contract
    H.k(i)             word k of the fold H at i; H.state.k, H.block.k, H.index: the arguments of its step
    G.k(...)           word k of what the function G gives; G.state.k: the arguments of its steps
    x0_out .., after.R(o)   registers and cells on return, in postconditions only
    S                  a symbol of a cut: an index, an unknown; F(o): a cell of unknown content
    block              the number of any block, in claims about buffers block by block only
    f.NAME(...)        a function that the standard names, of which nothing is known
"""

from __future__ import annotations

from dataclasses import dataclass, field

from armsym.audit.raw import Program

__all__ = [
    "Blocks",
    "Bundle",
    "Case",
    "Content",
    "Cut",
    "Ensured",
    "Fact",
    "Fold",
    "Function",
    "Global",
    "Index",
    "Region",
    "Relation",
    "Store",
    "Unknown",
]


@dataclass(frozen=True)
class Region:
    """`constant` bytes and so many times each number at base.NAME; in cells of `cell` bytes, in byte order `order`."""

    name: str
    access: str
    cell: int
    order: str
    secret: bool
    align: int
    constant: int
    sizes: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Global:
    """A variable of the file that is only read: its address in the file, and its size in bytes."""

    name: str
    address: int
    size: int
    secret: bool


@dataclass(frozen=True)
class Fold:
    """H(0) = `start`, H(i + 1) = `step`, nodes over H.state.k, H.block.k; block i is `over`, nodes over H.index."""

    name: str
    widths: tuple[int, ...]
    start: tuple[int, ...]
    over: tuple[int, ...]
    step: tuple[int, ...]
    blocks: tuple[int, ...]


@dataclass(frozen=True)
class Function:
    """A function of words of these widths to as many: what is left after all `steps`, NAME.0, NAME.1, ...

    A step is nodes over NAME.state.k, which are the arguments, and then what the step before gave.
    """

    name: str
    widths: tuple[int, ...]
    steps: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Ensured:
    """On return the nodes `left` and `right` are equal."""

    name: str
    left: int
    right: int


@dataclass(frozen=True)
class Relation:
    """A number is a multiple of `modulus`, or if that is 0 from `low` to `high` (None: no bound), exactly as integers.

    The number is a sum of (factor, nodes): a factor times the values of the nodes, which may be none, or one twice.
    """

    name: str
    modulus: int
    low: int | None
    high: int | None
    terms: tuple[tuple[int, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Index:
    """A loop's index: 0 on entry, and `step` more each time; below the node `upto`, or with `inclusive` at most it."""

    name: str
    bits: int
    step: int
    upto: int
    inclusive: bool


@dataclass(frozen=True)
class Unknown:
    """A symbol that stands for bits of what a location holds at the cut: `place` shifted right (left: below 0)."""

    name: str
    bits: int
    secret: bool
    place: str
    shift: int


@dataclass(frozen=True)
class Content:
    """A function that stands for what a region holds at the cut, under the stores."""

    name: str
    region: str


@dataclass(frozen=True)
class Blocks:
    """Block j of a region is `words`, nodes over `block` = j, for all j < `upto`; after these all is as on entry.

    A word has `word` bytes, in byte order `order`; block j begins at byte j * `size`.
    """

    region: str
    upto: int
    word: int
    order: str
    words: tuple[int, ...]
    name: str = ""

    @property
    def size(self) -> int:
        """Bytes of a block."""
        return self.word * len(self.words)


@dataclass(frozen=True)
class Store:
    """`size` bytes at the offset `offset` (a node) of a region are `value`, little-endian."""

    region: str
    offset: int
    size: int
    value: int


@dataclass(frozen=True)
class Fact:
    """`constant` + the sum of factor * node is at least 0, as integers; nodes are inputs or applications."""

    constant: int
    terms: tuple[tuple[int, int], ...]


@dataclass
class Cut:
    """What is claimed where paths are cut: cut 0 is the entry, and has nothing but its number."""

    number: int
    parent: int
    address: int
    index: Index
    unknowns: list[Unknown] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    blocks: list[Blocks] = field(default_factory=list)
    x: tuple[int, ...] = ()
    sp: int = 0
    v: tuple[int, ...] = ()
    flags: tuple[int, ...] = ()
    stores: list[Store] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    #: What holds of integers there.
    relations: list[Relation] = field(default_factory=list)


@dataclass
class Case:
    """A contract and its cuts; `steps` multipliers of linear facts; by the cut that paths begin at:

    `certificates` of equalities, and `integers`, arguments about relations.
    """

    title: str = ""
    table: Program = field(default_factory=Program)
    numbers: dict[str, tuple[int, int]] = field(default_factory=dict)
    #: Words on entry: (possible bits, secret).
    words: dict[str, tuple[int, bool]] = field(default_factory=dict)
    regions: dict[str, Region] = field(default_factory=dict)
    globals: dict[str, Global] = field(default_factory=dict)
    depth: int = 0
    above: int = 0
    modifies: set[str] = field(default_factory=set)
    arguments: dict[str, int] = field(default_factory=dict)
    given: list[Store] = field(default_factory=list)
    preserves_x: frozenset[int] = frozenset()
    preserves_d: frozenset[int] = frozenset()
    preserves_v: frozenset[int] = frozenset()
    #: Instructions (of `TIMED`) whose time is taken not to depend on their operands.
    alike: set[str] = field(default_factory=set)
    #: Hints (of `SIGNING`) that are taken to do nothing.
    inert: set[str] = field(default_factory=set)
    #: (text, node of one bit that is 1 on entry).
    requires: list[tuple[str, int]] = field(default_factory=list)
    #: Preconditions on integers, of inputs and of what regions hold on entry.
    known: list[Relation] = field(default_factory=list)
    folds: dict[str, Fold] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    ensures: list[Ensured] = field(default_factory=list)
    #: Functions that are taken step by step; the others stand for themselves.
    unfold: set[str] = field(default_factory=set)
    #: What holds of integers on return.
    relations: list[Relation] = field(default_factory=list)
    #: What regions hold on return, block by block.
    holds: list[Blocks] = field(default_factory=list)
    cuts: dict[int, Cut] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    certificates: dict[int, list[str]] = field(default_factory=dict)
    #: For relations: `armsym.audit.integers`.
    integers: dict[int, list[str]] = field(default_factory=dict)


@dataclass
class Bundle:
    """A proof's bundle: what it is of, and a case for each alternative that the proof tells apart."""

    proof: str = ""
    symbol: str = ""
    #: Where the file was when the bundle was made; only its hash counts.
    object: str = ""
    file_sha256: str = ""
    made_by: str = ""
    statement: str = ""
    assumptions: list[str] = field(default_factory=list)
    #: What the proof shows and no case says: then the bundle cannot be audited.
    missing: list[str] = field(default_factory=list)
    #: Routines that are called by contract, by symbol: cases that are contracts alone.
    uses: dict[str, list[Case]] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)
