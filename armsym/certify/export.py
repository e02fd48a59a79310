"""A bundle from a proof: what the engine found, and what makes it check, found by running the audit."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from armsym.audit import text
from armsym.audit.audit import callees, walks
from armsym.audit.bundle import Bundle, Case
from armsym.audit.contracts import Callee, digest, digests_of
from armsym.audit.elf import Elf, ElfError
from armsym.audit.ground import Refused
from armsym.audit.hints import write as write_certificate
from armsym.audit.integers import NEXT
from armsym.audit.link import File
from armsym.audit.machine import SIGNING
from armsym.certify.capture import Capture
from armsym.certify.contract import contracts
from armsym.certify.elaborate import Order, elaborate
from armsym.certify.liveness import without_dead
from armsym.certify.multipliers import Search
from armsym.certify.nodes import NotExportable, what
from armsym.certify.relations import Relations
from armsym.files import Stamp, stamp_of
from armsym.proof.engine import Engine
from armsym.proof.result import ProofResult
from armsym.report.outcome import NO_BUNDLE

__all__ = ["Exporter", "file_of", "made_to_check"]

#: What stays open of a proof is told up to here.
MOST_OPEN = 20

#: Files under proof as the auditor reads them, while they stay as they are.
_files: dict[str, tuple[Stamp, Elf]] = {}


def file_of(path: str) -> Elf:
    """A file, read once while it stays as it is.  Raises `ElfError` (of the file) and `OSError` (of the path)."""
    stamp = stamp_of(path)
    known = _files.get(path)
    if stamp is not None and known is not None and known[0] == stamp:
        return known[1]
    elf = Elf.read(path)
    if stamp is not None:
        _files[path] = stamp, elf
    return elf


@dataclass
class Exporter:
    """Collects the cases of one proof, as its engines end; `finish` makes a bundle of them."""

    symbol: str
    path: str
    cases: list[Case] = field(default_factory=list)
    #: Contracts of routines that it calls, by symbol.
    uses: dict[str, list[Case]] = field(default_factory=dict)
    #: Proofs whose contracts these are.
    _met: set[str] = field(default_factory=set)
    #: Why there is no bundle.
    missing: list[str] = field(default_factory=list)
    #: Whether the cases themselves are made to check, and nothing is left out of them.
    as_they_stand: bool = False
    #: CPU seconds, after which no further cut's paths are looked at.
    seconds: float = math.inf

    def observe(self, engine: Engine, title: str) -> None:
        """Take what an engine found, whose terms are freed afterwards."""
        try:
            file = file_of(self.path)
            entry, _ = file.symbol(self.symbol)
            shift = entry - engine.p.routine.entry
            case = Capture(engine.p, engine.iterations, title, shift, file.pieces, engine.cuts_met).run()
            case.inert = _inert(engine)
            self.cases.append(case)
            for callee in engine.callees.values():
                # (One proof's cases may call by contracts of several proofs of a routine: for each size of key.)
                if callee.contract.name not in self._met:
                    self._met.add(callee.contract.name)
                    said = self.uses.setdefault(callee.contract.symbol, [])
                    known = digests_of(said)
                    said += [c for c in contracts(callee, shift, file.pieces) if digest(c) not in known]
        except Exception as e:  # noqa: BLE001 - no defect here may change what is said of the proof
            why = str(e) if isinstance(e, (NotExportable, ElfError, OSError)) else what(e)
            if why not in self.missing:
                self.missing.append(why)

    @staticmethod
    def path_in(folder: str, proof: Path, result: ProofResult) -> Path:
        """Where `write` writes."""
        return Path(folder) / f"{proof.parent.name}.{result.proof}.bundle"

    def write(self, folder: str, proof: Path, result: ProofResult) -> str:
        """Write the bundle of a proof of that file to a folder; tells where, or why there is none."""
        statement = f"{proof.parent.name}/{proof.name} {hashlib.sha256(proof.read_bytes()).hexdigest()}"
        bundle = Bundle(
            result.proof, self.symbol, self.path, result.file_sha256, f"armsym {version('armsym')}", statement
        )
        bundle.assumptions = list(result.assumptions)
        path = self.path_in(folder, proof, result)
        path.unlink(missing_ok=True)
        open_ = self.finish(bundle)
        if open_:
            return f"{NO_BUNDLE}{open_[0]}" + (f" (and {len(open_) - 1} more)" if len(open_) > 1 else "")
        written = text.write(bundle)
        try:  # A contract may say what bundles have no words for: none is better than one that is refused.
            text.read(written)
        except text.BundleError as e:
            return f"{NO_BUNDLE}no words yet for what the contract says: {e}"
        path.write_text(written, encoding="ascii")
        return str(path)

    def finish(self, bundle: Bundle) -> list[str]:
        """Add the cases to a bundle, with what makes them check on the file; returns what is left open."""
        bundle.missing += self.missing
        if self.missing:
            return [f"no words yet for {m}" for m in self.missing]
        open_: list[str] = []
        try:
            file = file_of(self.path)
            entry, _ = file.symbol(self.symbol)
        except (ElfError, OSError) as e:
            return [str(e)]
        bundle.uses = self.uses
        try:
            called = callees(bundle, file)
        except Refused as e:
            return [str(e)]
        relations, order, until = Relations(), Order(), time.process_time() + self.seconds
        for case in self.cases:
            less = case if self.as_they_stand else without_dead(case, file, called)
            bundle.cases.append(less)
            if not open_:  # else there is no bundle, and what makes others check need not be searched
                # (What is open with less is tried with all, and told of that.)
                most = MOST_OPEN if less is case else 0
                open_ = made_to_check(less, file, entry, called, relations, order, until=until, most=most)
                if open_ and less is not case:
                    bundle.cases[-1] = case
                    open_ = made_to_check(case, file, entry, called, relations, order, until=until)
        return open_


def _inert(engine: Engine) -> set[str]:
    """The hints among what was executed that the proof takes to do nothing."""
    isa = engine.p.routine.isa
    hints = map(isa.decode, {engine.image.word(at) for at in engine.executed})
    return set(SIGNING) & {i.assembly(0) for i in hints if i.assumption() is not None}


def made_to_check(
    case: Case,
    file: File,
    entry: int,
    called: Mapping[int, Callee] | None = None,
    relations: Relations | None = None,
    order: Order | None = None,
    *,
    until: float | None = None,
    most: int = MOST_OPEN,
) -> list[str]:
    """Give a case hints, multipliers and arguments of integers found for the routine at `entry` of a file.

    `called`: contracts by where their routines begin.  Returns what is left open: of the cuts up to that after which
    it is more than `most`, or the process has used `until` seconds of CPU time.
    """
    open_: list[str] = []
    search, relations, order = Search(), relations or Relations(), order or Order()
    case.certificates, case.integers = {}, {}
    try:
        for walk in walks(case, file, entry, search, called or {}):
            if len(open_) > most:
                break  # there is no bundle: the rest need not be searched
            if until is not None and time.process_time() > until:
                open_.append("what makes it check is not found in the CPU time that it may take")
                break
            program = walk.words.program
            if walk.claims:
                inputs = walk.inputs
                certificate, rest = elaborate(program, {}, walk.claims, inputs.landmarks, inputs.steps, order)
                open_ += [f"{walk.claims[c]}: not shown equal" for c in rest]
                case.certificates[walk.source.number] = write_certificate(certificate).splitlines()
            arguments: list[str] = []
            for k, (known, claimed) in enumerate(walk.questions()):
                lines, why = relations.show(program, known, claimed)
                open_ += [why] if why else []
                arguments += [NEXT, *lines] if k else lines
                case.integers[walk.source.number] = arguments
    except Refused as e:
        open_.append(str(e))
    case.steps = search.steps
    return open_
