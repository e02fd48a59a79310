"""`armsym prove --dask`: a cluster on this machine gives the same results; a worker that is lost loses none."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distributed
import pytest
from calls import Call
from cli_data import DATA, OBJECT
from kept import project

import armsym
from armsym.cache import Keys
from armsym.cli.farm import _checked, connect, identity, on_worker, run_farm
from armsym.cli.proving import Progress, outcomes
from armsym.cli.selection import select
from armsym.cli.work import Job
from armsym.errors import InputError
from armsym.proof.result import Obligation, ProofResult, Status
from armsym.report.outcome import Outcome

ADDING = DATA / "adding.py"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two workers, each in a process of its own."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as found:
        yield found


def without_seconds(text: str) -> Any:
    return json.loads(re.sub(r'"seconds": [0-9.]+', '"seconds": 0', text))


def test_the_results_are_those_of_this_machine(cluster: Any, armsym_here: Call) -> None:
    chosen = [ADDING, "-k", "add64", "--json"]
    there = armsym_here("prove", *chosen, "--dask", cluster.scheduler_address)
    here = armsym_here("prove", *chosen, "-j", "2")
    assert there.code == here.code == 1
    assert without_seconds(there.out) == without_seconds(here.out)
    assert {r["status"] for r in json.loads(there.out)["results"]} == {"proved", "refuted", "error"}
    (outcome,) = armsym.prove(f"{ADDING}::adds", dask=cluster.scheduler_address)
    assert outcome.result.status is armsym.Status.PROVED
    with pytest.raises(InputError, match="workers decide"):
        armsym.prove(ADDING, dask=cluster.scheduler_address, jobs=2)


SLOW = """
import os, time
from armsym.dsl import Proof, proof
from pathlib import Path

@proof("add64", of={object!r})
def slow(p: Proof) -> None:
    begun = Path({begun!r})
    with begun.open("a") as f:
        f.write("x")
    while begun.stat().st_size and not Path({go!r}).exists():
        time.sleep(0.05)
    a, b = p.word("a"), p.word("b")
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {{"sum": s.x0 == a + b}})
"""


def test_a_lost_worker_loses_nothing(cluster: Any, tmp_path: Path) -> None:
    """The worker that runs a proof is killed: another runs it from the start."""
    file, begun, go = tmp_path / f"{tmp_path.name}_slow.py", tmp_path / "begun", tmp_path / "go"
    file.write_text(SLOW.format(object=str(OBJECT), begun=str(begun), go=str(go)))
    client = connect(cluster.scheduler_address)
    found: list[tuple[int, Outcome]] = []

    def prove() -> None:
        run = outcomes(
            select([str(file)], "*"),
            build=None,
            timeout=None,
            processes=1,
            offline_ok=False,
            second="",
            progress=Progress(0),
            farm=client,
        )
        found.extend(run)

    proving = threading.Thread(target=prove)
    proving.start()
    try:
        _wait(begun.exists)
        (busy,) = [w for w, tasks in client.processing().items() if tasks]
        victim = client.run(os.getpid, workers=[busy], nanny=False)[busy]
        before = begun.stat().st_size
        os.kill(victim, signal.SIGKILL)
        _wait(lambda: begun.stat().st_size > before)
    finally:
        go.write_text("")
        proving.join(100)
        client.close()
    ((_, outcome),) = found
    assert outcome.result.status is Status.PROVED, outcome.result.message


def _wait(condition: Any) -> None:
    end = time.monotonic() + 100
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def job_of(file: Path, name: str = "adds") -> Job:
    (d,) = [d for d in select([str(file)], "*").proofs if d.name == name]
    return Job.of(d, d.object_spec(), None)


def test_a_worker_with_other_files_refuses(tmp_path: Path) -> None:
    """What the proof's helper imports is another there, at the same path."""
    file, last = project(tmp_path)
    os.utime(last)
    job = job_of(file)
    expected = identity(job, Keys())
    time.sleep(0.1)
    last.write_text(last.read_text().replace("a + b", "b + a"))
    outcome = on_worker(job, expected)
    assert outcome.result.status is Status.ERROR
    assert "something is not what it is here" in outcome.result.message
    (tmp_path / "routines.o").unlink()
    outcome = on_worker(job, expected)
    assert outcome.result.status is Status.ERROR
    assert "on a worker" in outcome.result.message


def test_a_process_that_ends_on_a_worker_is_an_internal_error(tmp_path: Path) -> None:
    file, last = project(tmp_path)
    job = job_of(file)
    last.write_text("import os\n\ndef add(a, b):\n    os._exit(0)\n")
    outcome = on_worker(job, identity(job, Keys()))
    assert outcome.internal
    assert "the proof's process ended with 0" in outcome.result.message


def test_a_worker_with_another_helper_refuses_what_has_no_key(tmp_path: Path) -> None:
    """The proof's sources do more than compute; what one imports is another there."""
    file, last = project(tmp_path)
    last.write_text("import os\n\ndef add(a, b):\n    return a + b\n")
    job = job_of(file)
    expected = identity(job, Keys())
    assert on_worker(job, expected).result.status is Status.PROVED
    last.write_text("import os\n\ndef add(a, b):\n    return b + a\n")
    outcome = on_worker(job, expected)
    assert outcome.result.status is Status.ERROR
    assert "on a worker" in outcome.result.message


def test_a_proof_that_no_import_makes_is_run_by_no_worker() -> None:
    job = Job(str(ADDING), 1, "adds", "add64", str(OBJECT), imported=False)
    ((_, outcome),) = run_farm([job], _NoCluster())
    assert outcome.result.status is Status.ERROR
    assert "not made by importing its file" in outcome.result.message


def test_what_a_worker_answers_is_looked_at() -> None:
    job = Job("f", 1, "p", "s", "o")

    def answer(*statuses: Status, proof: str = "p") -> Outcome:
        obligations = [Obligation("x", "ensures", status) for status in statuses]
        return Outcome(ProofResult(proof, "o", "s", status=Status.PROVED, obligations=obligations))

    good = answer(Status.PROVED)
    assert _checked(job, good) is good
    for bad in (None, "proved", answer(), answer(Status.PROVED, proof="q"), answer(Status.PROVED, Status.REFUTED)):
        assert _checked(job, bad).internal


def test_bad_addresses_are_input_errors(armsym_here: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("armsym.cli.farm._CONNECT", 1)
    for address in ("tcp://127.0.0.1:9", "no address", "ftp://x:1"):
        answer = armsym_here("prove", ADDING, "--dask", address)
        assert answer.code == 2, answer
        assert "no scheduler answers there" in answer.err
    answer = armsym_here("prove", ADDING, "--dask", "tcp://127.0.0.1:9", "-j", "2")
    assert answer.code == 2
    with pytest.raises(InputError, match="no scheduler"):
        connect("tcp://127.0.0.1:9")


def test_a_file_that_is_not_there_is_an_error_here() -> None:
    job = Job(str(ADDING), 1, "adds", "add64", "no_such.o")
    ((k, outcome),) = run_farm([job], _NoCluster())
    assert (k, outcome.result.status, outcome.internal) == (0, Status.ERROR, False)


class _NoCluster:
    def submit(self, *_: object, **__: object) -> Any:
        raise AssertionError("nothing is sent")
