"""Bundles made by hand: a few words of code put over our own comparison's, with hints that the elaborator finds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from armsym.audit.audit import PYTHON, Checker, Verdict, audit
from armsym.audit.bundle import Bundle, Case, Cut, Ensured, Index, Region, Unknown
from armsym.audit.elf import Elf
from armsym.audit.raw import ones
from armsym.audit.text import read, write
from armsym.certify.export import Exporter

__all__ = ["AGAIN", "COUNT_TWO", "OBJECT", "RET", "SYMBOL", "TABLE", "Lie", "blocks", "straight"]

OBJECT = Path(__file__).resolve().parents[2] / "crypto_examples" / "own_memcmp" / "memcmp.o"
SYMBOL = "armsym_ct_memcmp"
TABLE = OBJECT.parents[1] / "own_sha512" / "sha512.o"
RET = 0xD65F03C0
COUNT_TWO = (0x910004C6, 0xF10008DF)  # ADD X6, X6, #1; CMP X6, #2
AGAIN = {3: 0x54FFFFC3, 4: 0x54FFFFA3}  # B.LO to the loop's head, of so many words


@dataclass
class Lie:
    """A file with these words, and a case with a cut at one of them: a loop that runs twice, X6 counting."""

    words: tuple[int, ...]
    loop: int
    file: Path = OBJECT
    symbol: str = SYMBOL

    def __post_init__(self) -> None:
        data = bytearray(self.file.read_bytes())
        code = Elf.read(self.file)
        self.entry, size = code.symbol(self.symbol)
        assert 4 * len(self.words) <= size
        start = data.index(code.word(self.entry).to_bytes(4, "little"))
        for k, word in enumerate(self.words):
            if word:  # 0: stays what it is
                data[start + 4 * k : start + 4 * k + 4] = word.to_bytes(4, "little")
        self.data = bytes(data)
        self.case = c = Case()
        t = c.table
        self.index = t.var("s1", 15)
        x = [*(t.var(f"x{n}_in", ones(64)) for n in range(30)), t.var("lr0", ones(64) & ~3)]
        x[6] = self.index
        flags = tuple(t.var(f"s{k}", 1) for k in range(2, 6))
        self.cut = Cut(1, 0, self.entry + 4 * self.loop, Index("s1", 15, 1, t.const(2), inclusive=False))
        self.cut.unknowns = [Unknown(f"s{k}", 1, True, f, 0) for k, f in zip(range(2, 6), "nzcv", strict=True)]
        self.cut.x, self.cut.sp, self.cut.flags = tuple(x), t.var("sp0", ones(64) & ~15), flags
        self.cut.v = tuple(t.var(f"v{n}_in", ones(128)) for n in range(32))
        c.cuts = {0: Cut(0, 0, 0, Index("", 0, 0, 0, inclusive=False)), 1: self.cut}
        c.preserves_x, c.preserves_d = frozenset(range(18, 30)), frozenset(range(8, 16))

    def region(self) -> None:
        """X0 is a public region of eight bytes, which may change."""
        c, t = self.case, self.case.table
        c.regions["r"] = Region("r", "rw", 8, "little", False, 1, 8, ())
        c.modifies = {"r"}
        c.arguments["x0"] = t.var("base.r", ones(64))
        self.holds(0, c.arguments["x0"])

    def holds(self, n: int, node: int) -> None:
        """At the cut Xn is the node."""
        self.cut.x = (*self.cut.x[:n], node, *self.cut.x[n + 1 :])

    def unknown(self, n: int, name: str, possible: int, *, secret: bool) -> int:
        """At the cut Xn is anything within these bits."""
        self.cut.unknowns.append(Unknown(name, possible, secret, f"x{n}", 0))
        node = self.case.table.var(name, possible)
        self.holds(n, node)
        return node

    def returns(self, node: int) -> None:
        """The claim: X0 is the node on return."""
        self.case.ensures.append(Ensured("told", self.case.table.var("x0_out", ones(64)), node))

    def verdict(self, folder: Path, checker: Checker = PYTHON) -> Verdict:
        """What the audit says, with hints and multipliers made for it; of its text, too."""
        path = folder / "lie.o"
        path.write_bytes(self.data)
        bundle = Bundle("lie", self.symbol, str(path), Elf.parse(self.data).sha256, "a test", "a test")
        Exporter(self.symbol, str(path), [self.case], as_they_stand=True).finish(bundle)
        bundle.missing, bundle.cases = [], [self.case]
        return audit(read(write(bundle)), Elf.parse(self.data), self.entry, checker)


def straight(*words: int) -> Lie:
    """Code without a loop."""
    lie = Lie(words, 0)
    lie.case.cuts.pop(1)
    return lie


def blocks(words: tuple[int, ...], size: int = 16, n: tuple[int, int] | None = None) -> Lie:
    """X0 is a region of some bytes, or of n bytes; straight code."""
    lie = Lie(words, 0)
    c, t = lie.case, lie.case.table
    del c.cuts[1]
    sizes = () if n is None else (("n", 1),)
    c.numbers = {} if n is None else {"n": n}
    c.regions["r"] = Region("r", "rw", 1, "little", False, 1, size, sizes)
    c.modifies = {"r"}
    c.arguments["x0"] = t.var("base.r", ones(64))
    return lie
