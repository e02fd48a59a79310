"""Export and audit proofs: how many are audited, what the others lack, and how long it takes.

    python bench/audit.py [PATH ...] [--flips N] [--mutants N]

With --flips, N random bits of each audited routine's code are flipped, with --mutants N numbers of its bundle changed,
and each is audited again: those that are accepted are listed, to be looked at.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from armsym.audit.audit import Verdict, audit
from armsym.audit.elf import Elf
from armsym.audit.text import BundleError, read
from armsym.audit.together import settle
from armsym.cli.work import Job, run_here
from armsym.errors import ArmsymError
from armsym.proof.registry import discover
from armsym.report.outcome import NO_BUNDLE


def main() -> None:
    """Print a line for each proof, and what came of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", default=["crypto_examples"])
    parser.add_argument("--flips", type=int, default=0)
    parser.add_argument("--mutants", type=int, default=0)
    options = parser.parse_args()
    lacking: Counter[str] = Counter()
    proved, audits, proofs = 0, 0.0, 0.0
    verdicts: list[Verdict] = []
    with tempfile.TemporaryDirectory() as folder:
        for d in [d for path in options.paths for d in discover(Path(path))]:
            try:
                job = Job.of(d, d.object_spec(), None, export=folder)
            except ArmsymError as e:
                print(f"left out  {d.name}: {e}")
                continue
            outcome = run_here(job)
            proofs += outcome.result.seconds
            proved += outcome.bundle != ""
            path = Path(outcome.bundle)
            if path.suffix != ".bundle":
                print(f"no bundle {d.name}: {outcome.bundle.removeprefix('no bundle: ')}", flush=True)
                lacking[outcome.bundle.removeprefix(NO_BUNDLE)[:60]] += 1
                continue
            began = time.process_time()
            elf, text = Elf.read(job.object_spec), path.read_text(encoding="ascii")
            bundle = read(text)
            verdict = audit(bundle, elf, elf.symbol(bundle.symbol)[0])
            seconds = time.process_time() - began
            audits += seconds
            verdicts.append(verdict)
            size = len(text) // 1024
            said = "audited" if verdict.audited else "calls  " if verdict.shown else "refused"
            print(f"{said}   {d.name}: {size} KB, {seconds:.2f} s", flush=True)
            if verdict.audited and (options.flips or options.mutants):
                _attack(path, job.object_spec, options.flips, options.mutants)
    settle(verdicts)
    for v in verdicts:
        if v.shown and not v.audited:
            print(f"open      {v.bundle.proof}: {'; '.join(v.open_contracts)}")
    audited = sum(v.audited for v in verdicts)
    print(f"{audited} audited of {proved} proved; {proofs:.0f} s for proofs, {audits:.0f} s for audits")
    for why, n in lacking.most_common():
        print(f"  {n:3} {why}")


def _attack(path: Path, file: str, flips: int, mutants: int) -> None:
    rng, text, data = random.Random(path.name), path.read_text(encoding="ascii"), Path(file).read_bytes()
    bundle, elf = read(text), Elf.parse(data)
    address, size = elf.symbol(bundle.symbol)
    code = b"".join(elf.word(address + 4 * k).to_bytes(4, "little") for k in range(size // 4))
    start = data.index(code)
    accepted = []
    for _ in range(flips):
        bit = rng.randrange(8 * size)
        changed = bytearray(data)
        changed[start + bit // 8] ^= 1 << bit % 8
        if audit(bundle, Elf.parse(bytes(changed)), address).audited:
            accepted.append(f"+{bit // 32 * 4:#x} bit {bit % 32}")
    if flips:
        print(f"  {flips} bits flipped, accepted: {', '.join(accepted) or 'none'}")
    lines, kept = text.splitlines(), 0
    first = next((k for k, line in enumerate(lines) if line.startswith("cut ")), 0)
    for _ in range(mutants):
        changed_lines, at = lines[:], rng.randrange(first, len(lines))
        words = lines[at].split(" ")
        k = rng.randrange(len(words))
        words[k] = "".join(rng.choice("0123456789") if c.isdigit() else c for c in words[k])
        changed_lines[at] = " ".join(words)
        with suppress(BundleError):
            kept += changed_lines != lines and audit(read("\n".join(changed_lines) + "\n"), elf, address).audited
    if mutants:
        print(f"  {mutants} numbers changed in cuts, multipliers and hints: {kept} audited, of the same contract")


if __name__ == "__main__":
    main()
