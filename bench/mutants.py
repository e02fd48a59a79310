"""So many mutants of every proved routine, the cheapest proofs first; goes on where it was stopped.

    python bench/mutants.py records [--count 20] [--seed 1] [--only sha512] [--minutes 60] [--json mutants.json]

As `mutations` does, it flips one random bit of a routine, and no mutant may be proved unless it is shown equivalent.
Here each routine gets `--count` of them, and each of them decodes (data in the code aside): a word that is no
instruction is refused by the decoder, which says nothing of the prover.

`records` is a folder with a file for each proof: a line of JSON about the unchanged routine, and one for each mutant
as soon as it is judged.  What is in it is not done again, as long as nothing that the proof rests on has changed
since; such a record is begun anew.  `--minutes` is how long to go on (by the clock): what is begun then is finished.

One process at a time.  The proof of a mutant may take three times the CPU seconds of the original, and `--seconds`
at least; `--judge` more may be spent on the reason why one is proved.  Where that was too little, the next run tries
again.
Exit code 1 if a mutant is unjustified, 3 if a proof of an unchanged routine does not close, 0 otherwise.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from mutations import (
    ANSWERS,
    JUDGE_SECONDS,
    ROOT,
    TOO_LONG,
    Mutant,
    Outcome,
    apart,
    baseline,
    definitions_of,
    image_of,
    undecided,
    work_on,
)

from armsym.cache.keys import Keys
from armsym.elf import Image
from armsym.elf.names import Names
from armsym.errors import ArmsymError
from armsym.proof.registry import ProofDefinition
from semantics import A64


@dataclass(frozen=True)
class Unchanged:
    """What the mutants of one proof are made of: `rests_on` is a hash of all that its answer may depend on."""

    proof: str
    symbol: str
    seed: int
    rests_on: str
    status: str
    seconds: float


@dataclass
class Record:
    """The file of one proof, and what stands in it; `unchanged` is None where nothing does, or of other code."""

    path: Path
    unchanged: Unchanged | None = None
    outcomes: dict[Mutant, Outcome] = field(default_factory=dict)

    def add(self, what: Unchanged | Outcome) -> None:
        """Write it down, at once; what says how the unchanged routine is proved begins the file anew."""
        if isinstance(what, Unchanged):
            self.unchanged, self.outcomes = what, {}
        else:
            self.outcomes[what.mutant] = what
        with self.path.open("w" if isinstance(what, Unchanged) else "a") as f:
            f.write(json.dumps(asdict(what)) + "\n")

    def count(self, answer: str) -> int:
        """How many mutants had this answer."""
        return sum(o.answer == answer for o in self.outcomes.values())


def read(path: Path) -> Record:
    """What a record says; a line that was not finished, and what comes after it, counts for nothing."""
    record = Record(path)
    for line in path.read_text().splitlines(keepends=True) if path.is_file() else ():
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if found is None or not line.endswith("\n"):
            break
        if record.unchanged is None:
            record.unchanged = Unchanged(**found)
        else:
            o = Outcome(**{**found, "mutant": Mutant(**found["mutant"])})
            record.outcomes[o.mutant] = o
    if record.unchanged is not None:  # so that what is added does not follow half a line
        lines = [asdict(record.unchanged), *(asdict(o) for o in record.outcomes.values())]
        path.write_text("".join(json.dumps(x) + "\n" for x in lines))
    return record


def _decodes(word: int) -> bool:
    try:
        A64.decode(word)
    except ArmsymError:
        return False
    return True


def chosen(name: str, image: Image, start: int, size: int, seed: int) -> Iterator[Mutant]:
    """Mutants of the `size` bytes at `start`, each bit once, in an order that only `name` and `seed` decide.

    A word that is an instruction becomes another one.
    """
    flips = [(4 * k, bit) for k in range(size // 4) for bit in range(32)]
    random.Random(f"{seed} {name}").shuffle(flips)
    for offset, bit in flips:
        word = image.word(start + offset)
        if _decodes(word ^ 1 << bit) or not _decodes(word):
            yield Mutant(name, offset, bit)


def by_cost(names: Sequence[str], page: str) -> list[str]:
    """The names, cheapest first as `docs/proofs.md` has it; what is not there comes last."""
    cost: dict[str, float] = {}
    for line in page.splitlines():
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line)]
        if len(cells) >= 9 and re.fullmatch(r"\d+\.\d", cells[7]):
            proof = (cells[2] or cells[1]).strip("`")
            cost[proof] = max(cost.get(proof, 0.0), float(cells[7]))
    return sorted(names, key=lambda n: (cost.get(n.partition("/")[2], float("inf")), n))


def run_one(
    folder: str, name: str, record: Record, *, count: int, seed: int, rests_on: str, seconds: float, judging: float
) -> None:
    """Fill the record of one proof up to `count` mutants; fewer where the routine has no more.

    CPU `seconds` are what the symbolic proof of a mutant gets at least, `judging` what the search for a reason gets.
    """
    d = definitions_of(folder)[name]
    image = image_of(d.object_spec())
    if (u := record.unchanged) is None or (u.seed, u.rests_on) != (seed, rests_on):
        status, took = apart(partial(baseline, folder, name), lambda why: (f"error: {why}", 0.0))
        record.add(Unchanged(name, d.symbol, seed, rests_on, status, round(took, 3)))
    assert record.unchanged is not None
    if record.unchanged.status != "proved":
        return
    limit = max(seconds, 3 * record.unchanged.seconds)
    start, size = image.function_extent(d.symbol)
    done = {m for m, o in record.outcomes.items() if not (o.answer == "unjustified" and o.why.startswith(TOO_LONG))}
    for m in islice(chosen(name, image, start, size, seed), count):
        if m not in done:
            # Each part of the work ends itself; what fails to is ended a little later.
            most = 4 * limit + judging + 5
            record.add(apart(partial(work_on, folder, m, limit, judging), partial(undecided, d, m), most))


def _rests_on(d: ProofDefinition, keys: Keys) -> str:
    spec = d.object_spec()
    return keys.identity(file=str(d.file), name=d.name, symbol=d.symbol, object_spec=spec, second="", names=Names())


def summary(records: Sequence[Record]) -> dict[str, Any]:
    """Counts by proof and in all, and each mutant that was proved."""
    proofs: list[dict[str, Any]] = []
    for r in records:
        if r.unchanged is not None:
            u = r.unchanged
            counts = {a: r.count(a) for a in ANSWERS}
            proofs.append({"proof": u.proof, "status": u.status, "mutants": len(r.outcomes), **counts})
    keys = ("mutants", *ANSWERS)
    proved = [o for r in records for o in r.outcomes.values() if o.answer in ("equivalent", "unjustified")]
    return {
        "total": {"proofs": len(proofs), **{k: sum(p[k] for p in proofs) for k in keys}},
        "proofs": proofs,
        "proved": [asdict(o) for o in proved],
    }


def table(found: Mapping[str, Any]) -> str:
    """The summary as text: counts, and each unjustified mutant."""
    total = found["total"]
    lines = [", ".join(f"{total[k]} {k}" for k in total)]
    lines += [f"{p['proof']}: {p['status']}" for p in found["proofs"] if p["status"] != "proved"]
    reasons = Counter(o["why"].partition(":")[0] for o in found["proved"] if o["answer"] == "equivalent")
    lines += [f"equivalent by {reason}: {n}" for reason, n in reasons.most_common()]
    for o in found["proved"]:
        if o["answer"] == "unjustified":
            lines.append(f"unjustified: {o['mutant']['proof']} at {o['address']:#x}, bit {o['mutant']['bit']}")
            lines += [f"    {o['before']}", f"    {o['after']}", f"    {o['why']}"]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(description="So many mutants of every proved routine; goes on where it stopped.")
    parser.add_argument("records", type=Path, help="folder with a file for each proof")
    parser.add_argument("--count", type=int, default=20, help="mutants of each routine")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="proofs with this in their name")
    parser.add_argument("--proofs", type=Path, default=ROOT / "crypto_examples", help="file or folder")
    parser.add_argument("--seconds", type=float, default=5.0, help="CPU seconds for one symbolic proof, at least")
    parser.add_argument("--judge", type=float, default=JUDGE_SECONDS, help="CPU seconds to find why one is proved")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no routine after that time")
    parser.add_argument("--json", type=Path, help="write a summary of the records here")
    parser.add_argument("--csv", type=Path, help="write the counts of each proof here")
    a = parser.parse_args(arguments)
    end = time.monotonic() + 60 * a.minutes
    folder = str(a.proofs)
    definitions = definitions_of(folder)
    names = by_cost([n for n in definitions if a.only in n], (ROOT / "docs" / "proofs.md").read_text())
    if not names:
        raise SystemExit(f"no proof in {folder} has {a.only!r} in its name")
    a.records.mkdir(parents=True, exist_ok=True)
    records = []
    keys = Keys()
    for name in names:
        record = read(a.records / (name.replace("/", ".") + ".jsonl"))
        records.append(record)
        if time.monotonic() < end:
            rests_on = _rests_on(definitions[name], keys)
            limits = {"seconds": a.seconds, "judging": a.judge}
            run_one(folder, name, record, count=a.count, seed=a.seed, rests_on=rests_on, **limits)
    found = summary(records)
    print(table(found))
    if a.json:
        a.json.write_text(json.dumps(found, indent=1) + "\n")
    if a.csv:
        with a.csv.open("w", newline="") as f:
            rows = csv.DictWriter(f, ["proof", "status", "mutants", *ANSWERS], lineterminator="\n")
            rows.writeheader()
            rows.writerows(sorted(found["proofs"], key=lambda p: str(p["proof"])))
    if found["total"]["unjustified"]:
        return 1
    return 3 if any(p["status"] != "proved" for p in found["proofs"]) else 0


if __name__ == "__main__":
    sys.exit(main())
