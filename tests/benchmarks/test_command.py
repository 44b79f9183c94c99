"""The commands, the problem list, absent peers, and what is made of the records."""

from __future__ import annotations

import math

import pytest

from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.cutest import peers
from benchmarks.cutest.figure import draw_profiles
from benchmarks.cutest.problems import read_list
from benchmarks.cutest.records import Records, outcome
from benchmarks.cutest.report import problem_table, summary_table
from benchmarks.cutest.summary import summarize


def test_the_benchmarks_are_listed(capsys):
    main([])
    printed = capsys.readouterr().out
    assert all(name in printed for name in BENCHMARKS)


def test_the_list_of_problems():
    sizes = read_list()
    assert len(sizes) == 99
    assert sum(n <= 10_000 for n in sizes.values()) == 96
    assert sizes["ROSENBR"] == 2


def test_a_peer_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(peers.HOMES, "IPOPT", "a_package_that_nobody_has")
    assert peers.missing_package("IPOPT") == "a_package_that_nobody_has"
    assert peers.missing_package("BFGS") is None


def run_of(seconds: float | None, claims: bool = True) -> dict:
    return {
        "hit": None if seconds is None else {"seconds": seconds, "counts": None},
        "seconds": 2.0,
        "claims_success": claims,
        "message": "said the solver",
    }


def end_of(norm: float, negative: bool) -> dict:
    return {"value": 0.0, "gradient_norm": norm, "curvature": {"negative": negative}}


@pytest.fixture
def records(tmp_path) -> Records:
    """extremum beside two peers on three problems; one of the peers is not installed."""
    records = Records.open(tmp_path / "cutest.json", {"seconds": 1.0})
    times = {"A": (1.0, 2.0), "B": (3.0, 1.0), "C": (None, 5.0)}
    for name, (ours, theirs) in times.items():
        records.forget(name, SOLVERS)
        records.add(name, "problem", {"n": 2, "tolerance": 1e-6})
        for solver, seconds in (("extremum", ours), ("BFGS", theirs)):
            records.add(name, "run", {"solver": solver, "run": run_of(seconds)})
        records.add(name, "end", {"solver": "BFGS", "end": end_of(1e-7, negative=name == "A")})
        records.add(name, "end", {"solver": "extremum", "end": end_of(1e-7, False)})
        records.add(name, "skip", {"solver": "IPOPT", "why": "not installed", "absent": True})
    records.add("C", "end", {"solver": "BFGS", "end": end_of(1e-5, False)})
    return records


SOLVERS = ["extremum", "BFGS", "IPOPT"]


def test_the_summary_by_hand(records):
    summary = summarize(records.problems, SOLVERS)
    rows = {row["solver"]: row for row in summary["solvers"]}
    assert [rows[name]["solved"] for name in SOLVERS] == [2, 3, 0]
    assert [rows[name]["tried"] for name in SOLVERS] == [3, 3, 0]
    assert [rows[name]["fastest"] for name in SOLVERS] == [1, 2, 0]
    assert rows["BFGS"]["claimed_at_negative"] == 1
    assert rows["BFGS"]["falsely_claimed"] == 1
    assert rows["BFGS"]["ratio_small"] == pytest.approx((0.5 + 3.0) / 2)
    assert rows["BFGS"]["ratio_large"] is None
    assert summary["any_peer"] == 3
    assert summary["by_no_peer"] == []


def test_the_shortest_run_counts(records):
    records.add("A", "run", {"solver": "extremum", "run": run_of(0.25)})
    assert outcome(records.problems["A"], "extremum").seconds == 0.25
    assert outcome(records.problems["C"], "extremum").seconds == math.inf


def test_what_was_measured_is_continued(records):
    records.save()
    again = Records.open(records.path, {"seconds": 1.0})
    assert again.problems == records.problems
    assert again.has("A", ("BFGS", "extremum"))
    assert not again.has("A", ("BFGS", "TRU"))
    again.forget("A", ["BFGS"])
    assert not again.has("A", ("BFGS",))
    assert again.has("A", ("extremum",))
    with pytest.raises(SystemExit, match="choose another --output"):
        Records.open(records.path, {"seconds": 2.0})


def test_tables_and_figure_are_made(records, tmp_path):
    summary = summarize(records.problems, SOLVERS)
    assert problem_table(records.problems, SOLVERS).row_count == 3
    assert summary_table(summary).row_count >= 3
    draw_profiles(records.problems, SOLVERS, tmp_path / "profiles")
    assert (tmp_path / "profiles.png").stat().st_size > 1000
