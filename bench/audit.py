"""Export and audit proofs: how many are audited, what the others lack, and how long it takes.

    python bench/audit.py [PATH ...]
    python bench/audit.py --bundles FOLDER [--mutants N] [--flips N] [--certificates N] [--coq N]

The second form attacks bundles that `armsym prove --export FOLDER` has written: with --mutants, N bundles with
something changed; with --flips, N bits of code flipped, each with the bundle as it is and with hints made anew; with
--certificates and --coq, N certificates with a hint changed, judged by Python's checker and the one extracted from Coq,
or Coq's kernel.  N is in all, spread over the bundles that are audited as they are.  Exit code 1 where something is
accepted that nothing shows harmless, or checkers disagree.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from audit_attacked import RUNS, Attacked, Tally
from audit_checkers import checkers
from audit_flips import flips
from audit_mutants import mutants
from contract_runs import Unjudged, broken

from armsym.audit.audit import Verdict, audit
from armsym.audit.elf import Elf
from armsym.audit.text import read
from armsym.audit.together import settle
from armsym.cli.work import Job, run_here
from armsym.errors import ArmsymError
from armsym.proof.registry import discover
from armsym.report.outcome import NO_BUNDLE


def main() -> int:
    """Print a line for each proof, and what came of all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", default=["crypto_examples"])
    parser.add_argument("--bundles", type=Path, metavar="FOLDER", help="attack the bundles there")
    for name in ("mutants", "flips", "certificates", "coq"):
        parser.add_argument(f"--{name}", type=int, default=0, metavar="N")
    options = parser.parse_args()
    if options.bundles:
        return attack(options.bundles, options)
    survey(options.paths)
    return 0


def survey(paths: Sequence[str]) -> None:
    """Export and audit all proofs."""
    lacking: Counter[str] = Counter()
    proved, audits, proofs = 0, 0.0, 0.0
    verdicts: list[Verdict] = []
    with tempfile.TemporaryDirectory() as folder:
        for d in [d for path in paths for d in discover(Path(path))]:
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
    settle(verdicts)
    for v in verdicts:
        if v.shown and not v.audited:
            print(f"open      {v.bundle.proof}: {'; '.join(v.open_contracts)}")
    audited = sum(v.audited for v in verdicts)
    print(f"{audited} audited of {proved} proved; {proofs:.0f} s for proofs, {audits:.0f} s for audits")
    for why, n in lacking.most_common():
        print(f"  {n:3} {why}")


def attack(folder: Path, options: argparse.Namespace) -> int:
    """Attack all bundles of a folder that are audited as they are."""
    attacked = []
    for path in sorted(folder.glob("*.bundle")):
        try:
            a = Attacked.of(path)
            # Else what runs say of a changed one would mean nothing.
            wrong = [w for c in a.bundle.cases if (w := broken(c, a.image, a.offset, seed=path.name, count=RUNS))]
            if wrong:
                print(f"{path.name}: a run breaks what is audited: {wrong[0]}")
                return 1
            attacked.append(a)
        except (ValueError, OSError, Unjudged) as e:
            print(f"left out: {e}")
    print(f"{len(attacked)} bundles of {folder} are audited as they are", flush=True)
    if not attacked:
        return 1
    found = 0
    for what, count, run in (("changed bundles", options.mutants, mutants), ("flipped bits", options.flips, flips)):
        tally, began = Tally(), time.process_time()
        for k, a in enumerate(attacked):
            run(a, count // len(attacked) + (k < count % len(attacked)), tally)
        found += _told(f"{count} {what}", tally, time.process_time() - began) if count else 0
    if options.certificates or options.coq:
        tally, began = Tally(), time.process_time()
        checkers(attacked, options.certificates, options.coq, tally)
        found += _told("changed certificates", tally, time.process_time() - began)
    return 1 if found else 0


def _told(what: str, tally: Tally, seconds: float) -> int:
    print(f"{what}, {seconds:.0f} s of CPU", *tally.lines(), sep="\n", flush=True)
    return len(tally.findings)


if __name__ == "__main__":
    sys.exit(main())
