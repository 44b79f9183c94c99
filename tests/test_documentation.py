"""The documentation is executed: its examples print what they say they print."""

import contextlib
import doctest
import importlib
import importlib.util
import io
import pkgutil
import re
from pathlib import Path

import pytest

import extremum

HAS_TORCH = importlib.util.find_spec("torch") is not None  # an extra
ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLE = re.compile(r"```python\n(?P<code>.*?)```\n(?:\n```text\n(?P<output>.*?)```)?", re.DOTALL)
MODULES = [
    module.name
    for module in pkgutil.walk_packages(extremum.__path__, "extremum.")
    if not module.name.endswith("__main__")
]


def without_times(text):
    """Leave out the one line of a card that differs from run to run."""
    return [line for line in text.strip().splitlines() if not line.startswith("│ time")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_examples_of_a_page_print_what_it_says(page):
    names = {}
    examples = list(EXAMPLE.finditer(page.read_text()))
    assert examples
    for example in examples:
        if "torch" in example["code"] and not HAS_TORCH:
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(example["code"], page.name, "exec"), names)
        assert without_times(printed.getvalue()) == without_times(example["output"] or "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_of_a_page_lead_somewhere(page):
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name):
    if name == "extremum.objective.torch" and not HAS_TORCH:
        pytest.skip("PyTorch is an extra")
    failures, _ = doctest.testmod(importlib.import_module(name))
    assert failures == 0


def test_there_are_docstring_examples():
    found = doctest.DocTestFinder().find(importlib.import_module("extremum.solve.minimize"))
    assert sum(bool(test.examples) for test in found) >= 4
