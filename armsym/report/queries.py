"""What Z3 was believed in, as files: each question an SMT-LIB 2 script, and a manifest, for any solver to answer."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from armsym.discharge.recheck import Answer, Verdict
from armsym.proof.result import ProofResult
from armsym.sat.folder import ENDING, FORMAT, MANIFEST

__all__ = ["Queries"]


class Queries:
    """The questions of one proof; each is written as it is asked, the manifest at the end.

    The folder is `FOLDER.PROOF.queries`, named by where the proof file lies and by the proof.
    """

    def __init__(self, folder: Path, proof_file: Path, proof: str) -> None:
        """Make the folder, without what an earlier command left in it; raises `OSError`."""
        self.path = folder / f"{proof_file.parent.name}.{proof}{ENDING}"
        self._rows: list[dict[str, Any]] = []
        self.path.mkdir(parents=True, exist_ok=True)
        for stale in [self.path / MANIFEST, *self.path.glob("*.smt2"), *self.path.glob("*.lrat")]:
            stale.unlink(missing_ok=True)

    def __len__(self) -> int:
        return len(self._rows)

    def note(self, answer: Answer, script: str, verdict: Verdict | None) -> None:
        """Write one question, to which Z3 said `unsat`; raises `OSError`."""
        name = f"{len(self._rows) + 1:04}.smt2"
        where = " ".join(answer.place.split())
        # (A name that a proof gives may be any text: no character of it ends the comment.)
        comment = "".join(c if " " <= c <= "~" else "?" for c in where)
        data = f"; {comment}\n; Z3, asked with {answer.how}, says unsat\n{script}".encode("ascii")
        (self.path / name).write_bytes(data)
        row: dict[str, Any] = {
            "file": name,
            "sha256": hashlib.sha256(data).hexdigest(),
            "place": where,
            "how": answer.how,
            "answers": {"Z3": "unsat"},
        }
        if verdict is not None:
            row["answers"] |= dict(verdict.each)
            row["second"] = verdict.answer
            if verdict.reason:
                row["reason"] = verdict.reason
        self._rows.append(row)

    def finish(self, result: ProofResult) -> None:
        """Write the manifest, once the proof has ended; raises `OSError`."""
        told: dict[str, Any] = {
            "format": FORMAT,
            "proof": result.proof,
            "symbol": result.symbol,
            "file": result.file,
            "file_sha256": result.file_sha256,
            "status": result.status.value,
            "second_solver": result.second.solver if result.second is not None else "",
            "queries": self._rows,
        }
        (self.path / MANIFEST).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
