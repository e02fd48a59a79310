"""Flipped bits of code: none is accepted unless runs in Unicorn keep the contract, and `equivalence` shows why.

Each is tried with the bundle as it is, and with hints and multipliers made anew for the mutant.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from audit_attacked import RUNS, Attacked, Tally
from contract_runs import Unjudged, broken
from equivalence import Unjustified, justify

from armsym.audit.audit import Replay, audit, walks
from armsym.audit.bundle import Bundle, Case
from armsym.audit.elf import Elf
from armsym.audit.text import read, write
from armsym.certify.export import made_to_check
from armsym.elf import Image
from armsym.proof.loops import Routine
from armsym.proof.registry import discover
from semantics import A64

__all__ = ["flips"]


def _anew(a: Attacked, elf: Elf) -> Bundle:
    """The bundle with hints and multipliers made for other code."""
    again = read(a.text)
    for case in again.cases:
        made_to_check(case, elf, a.entry)
    return read(write(replace(again, file_sha256=elf.sha256)))


def _flipped(a: Attacked, at: int, bit: int) -> Elf:
    """The file with a bit of the instruction at an address flipped."""
    if a.elf.pieces:  # what the linker may complete depends on the word
        changed = bytearray(Path(a.bundle.object).read_bytes())
        start = changed.index(a.elf.segment(a.entry, 4).data[:64])
        changed[start + at - a.elf.segment(a.entry, 4).address + bit // 8] ^= 1 << bit % 8
        return Elf.parse(bytes(changed))
    segments = list(a.elf.segments)
    k = segments.index(a.elf.segment(at, 4))
    changed = bytearray(segments[k].data)
    changed[at - segments[k].address + bit // 8] ^= 1 << bit % 8
    segments[k] = replace(segments[k], data=bytes(changed))
    return replace(a.elf, loaded=replace(a.elf.loaded, segments=tuple(segments)))


def _reason(a: Attacked, mutant: Image, at: int) -> str:
    """Why the mutant does the same, by `equivalence`, which knows nothing of the audit; raises `Unjustified`."""
    folder, file = a.bundle.statement.split(" ")[0].split("/")
    for d in discover(Path(__file__).resolve().parents[1] / "crypto_examples" / folder / file):
        if d.name == a.bundle.proof:
            return justify(d.fn, Routine(a.image, A64, d.symbol), mutant, at).reason
    raise Unjustified(f"no proof {a.bundle.proof}")


def flips(a: Attacked, count: int, tally: Tally) -> None:
    """Audit the routine with so many bits flipped, one at a time."""
    rng = random.Random(f"flips {a.path.name}")
    executed = sorted({k for c in a.bundle.cases for k in _executed(a, c)})
    for k in range(count):
        at, bit = rng.choice(executed), rng.randrange(32)
        elf, offset = _flipped(a, at, bit), a.offset + at - a.entry
        word = a.elf.word(at) ^ 1 << bit
        mutant = a.image.patched({offset: word.to_bytes(4, "little")})
        for how, bundle in (("as it is", a.bundle), ("hints made anew", _anew(a, elf))):
            tally.tried[f"bit flipped, bundle {how}"] += 1
            if not audit(bundle, elf, a.entry).audited:
                tally.refused[f"bit flipped, bundle {how}"] += 1
                continue
            try:
                for case in bundle.cases:
                    wrong = broken(case, mutant, a.offset, seed=f"{a.path.name} {k}", count=RUNS)
                    if wrong:
                        raise Unjudged(f"a run breaks it: {wrong}")
                why = f"{_reason(a, mutant, offset)}, and {RUNS} runs keep the contract"
                tally.harmless[f"bit flipped, bundle {how}: {why}"] += 1
            except (Unjudged, Unjustified, ValueError) as e:
                tally.findings.append(f"{a.path.name} +{at - a.entry:#x} bit {bit}, {how}: {e}")


def _executed(a: Attacked, case: Case) -> set[int]:
    """Addresses of the words that some path executes."""
    return {k for w in walks(case, a.elf, a.entry, Replay(case.steps)) for k in w.executed}
