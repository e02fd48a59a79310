"""A bundle from a proof: what the engine found, and what makes it check, found by running the audit."""

from __future__ import annotations

from dataclasses import dataclass, field

from armsym.audit.audit import walks
from armsym.audit.bundle import Bundle, Case
from armsym.audit.elf import Elf, ElfError
from armsym.audit.hints import write as write_certificate
from armsym.audit.walk import Refused
from armsym.certify.capture import Capture
from armsym.certify.elaborate import elaborate
from armsym.certify.multipliers import Search
from armsym.certify.nodes import NotExportable
from armsym.proof.engine import Engine

__all__ = ["Exporter"]


@dataclass
class Exporter:
    """Collects the cases of one proof, as its engines end; `finish` makes a bundle of them."""

    symbol: str
    path: str
    cases: list[Case] = field(default_factory=list)
    #: Why there is no bundle.
    missing: list[str] = field(default_factory=list)

    def observe(self, engine: Engine, title: str) -> None:
        """Take what an engine found, whose terms are freed afterwards."""
        try:
            entry, _ = Elf.read(self.path).symbol(self.symbol)
            self.cases.append(Capture(engine, title, entry - engine.p.routine.entry).run())
        except (NotExportable, ElfError, OSError) as e:
            if str(e) not in self.missing:
                self.missing.append(str(e))

    def finish(self, bundle: Bundle) -> list[str]:
        """Add the cases to a bundle, with what makes them check on the file; returns what is left open."""
        bundle.missing += self.missing
        if self.missing:
            return [f"no bundle has words for {m} yet" for m in self.missing]
        open_: list[str] = []
        try:
            file = Elf.read(self.path)
            entry, _ = file.symbol(self.symbol)
        except (ElfError, OSError) as e:
            return [str(e)]
        for case in self.cases:
            bundle.cases.append(case)
            search = Search()
            try:
                for walk in walks(case, file, entry, search):
                    if not walk.claims:
                        continue
                    program = walk.words.program
                    certificate, rest = elaborate(program, {}, walk.claims)
                    open_ += [f"{walk.claims[c]}: not shown equal" for c in rest]
                    case.certificates[walk.source.number] = write_certificate(certificate).splitlines()
            except Refused as e:
                open_.append(str(e))
            case.steps = search.steps
        return open_
