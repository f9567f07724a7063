"""The same unit under other identities, in another process with another seed of hashing, gets the same answer by name."""

from __future__ import annotations

import os
import subprocess
import sys

from services.allocation import model
from services.allocation.door import decide_family
from services.allocation.explain import explain
from services.allocation.problem import Answer, Problem
from services.allocation.search import Search
from tests.allocation.instances import invent, renamed

_CASES = ({"tight": 1.01}, {"district": 0.8, "barred": 0.3})


def by_name(problem: Problem, answer: Answer) -> list[str]:
    codes = {officer.id: officer.code for officer in problem.officers}
    return [f"{child.reference} {codes[answer[child.id]]}" for child in problem.children if child.id in answer]


def told(problem: Problem) -> str:
    """Everything that is decided and said, by references and codes alone."""
    decided = model.solve(problem, Search(seconds=3600, workers=2), lambda _: None)
    explained = explain(problem, decided.answer, decided.bound(problem, "worst_utilisation"))
    words = [
        (*each.reasons, *(f"{other.officer_code} {other.code} {other.message} {other.would_fit_if}" for other in each.rejected))
        for each in explained.decisions
    ]
    door = problem.__class__(day=problem.day, officers=problem.officers, groups=problem.groups[:1], scale=problem.scale)
    return repr((by_name(problem, decided.answer), decided.values, decided.least, words, by_name(door, decide_family(door) or {})))


def _start(seed: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.allocation.test_deterministic", str(seed)],
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_other_identities_in_other_processes_get_the_same_answer_by_name() -> None:
    started = [_start(seed) for seed in (11, 12)]
    one, other = (each.communicate()[0] for each in started)
    assert [each.returncode for each in started] == [0, 0]
    assert one == other
    assert one.count("CH00") > 50 * len(_CASES)


if __name__ == "__main__":
    for case in _CASES:
        sys.stdout.write(told(renamed(invent(60, 4, **case), int(sys.argv[1]))))  # type: ignore[arg-type]
