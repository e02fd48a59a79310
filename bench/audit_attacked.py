"""Bundles to be attacked, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from armsym.audit.audit import audit
from armsym.audit.bundle import Bundle
from armsym.audit.elf import Elf
from armsym.audit.text import read
from armsym.elf import Image, load

__all__ = ["RUNS", "Attacked", "Tally"]

#: Random runs of what was accepted.
RUNS = 8


@dataclass
class Attacked:
    """A bundle that is audited as it is."""

    path: Path
    text: str
    bundle: Bundle
    elf: Elf
    entry: int

    @classmethod
    def of(cls, path: Path) -> Attacked:
        """Raises `ValueError` where it is not audited."""
        text = path.read_text(encoding="ascii")
        bundle = read(text)
        elf = _elf(bundle.object)
        entry = elf.symbol(bundle.symbol)[0]
        if not audit(bundle, elf, entry).audited:
            raise ValueError(f"{path.name} is not audited as it is")
        return cls(path, text, bundle, elf, entry)

    @property
    def image(self) -> Image:
        """The file as armsym's loader has it, for runs."""
        return _image(self.bundle.object)

    @property
    def offset(self) -> int:
        """Where the routine begins in that."""
        return self.image.function_extent(self.bundle.symbol)[0]


@cache
def _elf(path: str) -> Elf:
    return Elf.read(path)


@cache
def _image(path: str) -> Image:
    return load(path)


@dataclass
class Tally:
    """How many were tried and refused, by kind; of those accepted, what shows each harmless, or that nothing does."""

    tried: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    harmless: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """For people."""
        for kind, n in sorted(self.tried.items()):
            yield f"  {n:5} {kind}: {self.refused[kind]} refused"
        for why, n in self.harmless.most_common():
            yield f"  {n:5} accepted: {why}"
        yield f"  {len(self.findings):5} accepted and not shown harmless"
        yield from (f"        {f}" for f in self.findings)
