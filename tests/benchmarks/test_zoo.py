"""The zoo's benchmark: what is counted as false."""

import json

import numpy as np

from benchmarks.__main__ import main
from benchmarks.cutest.peers.solver import Claim
from benchmarks.zoo.command import judged
from tests.zoo.cases import ZOO


def test_a_success_at_a_saddle_is_false():
    at_saddle = Claim(True, "", np.zeros(2))
    assert judged(ZOO["saddle"], at_saddle)["false"]
    assert not judged(ZOO["saddle"], Claim(False, "", np.zeros(2)))["false"]
    assert not judged(ZOO["saddle"], Claim(True, "", np.array([0, 2**0.5])))["false"]


def test_the_table_and_the_file(tmp_path, capsys):
    words = ["zoo", "--solvers", "extremum", "SciPy BFGS", "--cases", "saddle", "a line"]
    main([*words, "--output", str(tmp_path)])
    found = json.loads((tmp_path / "zoo.json").read_text())
    assert found["SciPy BFGS"]["saddle"]["false"]
    assert not found["extremum"]["saddle"]["false"]
    assert "false successes" in capsys.readouterr().out
