"""A report is one file: it fetches nothing, runs nothing, and shows what a table wrote as text."""

import html.parser

import numpy as np
import pytest

from extremum.plot import plot_regression, write_report
from extremum.regression import LinearRegression, LogisticRegression, open_rows

EVIL = '<script>alert(\'$x\')</script>&""">'


class Page(html.parser.HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.words = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "srcset", "data")]
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture
def report(tmp_path):
    def write(text, target, model, **options):
        table, page = tmp_path / "table.csv", tmp_path / "report.html"
        table.write_text(text)
        rows = open_rows(table, target, **options)
        model.fit_batches(rows)
        seen = rows.sample(100)
        write_report(page, model, rows, plot_regression(model, seen.X, seen.y))
        return Page(page.read_text()), page.read_text()

    return write


def table(*names):
    rng = np.random.default_rng(0)
    quoted = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    rows = rng.standard_normal((30, len(names)))
    return "\n".join([quoted, *(",".join(map(repr, row)) for row in rows.tolist())])


def test_one_page_with_the_summary_the_run_and_pictures(report):
    page, _ = report(table("a", "b", "y"), "y", LinearRegression())
    text = " ".join(page.words)
    for words in (
        "linear regression of y",
        "30 rows, 2 features",
        "std. error",
        "minimum",
        "line 1",
    ):
        assert words in text.lower().replace("linear regression", "linear regression")
    assert page.tags.count("img") >= 2
    assert all(link.startswith("data:image/png;base64,") for link in page.links)
    assert not {"script", "link", "iframe", "object", "embed"} & set(page.tags)


def test_what_a_table_wrote_is_text(report):
    page, text = report(table(EVIL, EVIL + "2", "y"), "y", LinearRegression())
    assert "script" not in page.tags
    assert "<script" not in text.lower()
    assert any(EVIL in word for word in page.words)
    page, text = report(table("a", EVIL), EVIL, LinearRegression())
    assert "script" not in page.tags
    assert "default-src 'none'" in text


def test_labels_and_levels_are_text_too(report):
    rng = np.random.default_rng(1)
    rows = [
        f'{x!r},"{level}","{label}"'
        for x, level, label in zip(
            rng.standard_normal(40).tolist(),
            rng.choice(["<b>u</b>", "<i>v</i>"], 40),
            rng.choice(["<script>0</script>", "<script>1</script>"], 40),
            strict=True,
        )
    ]
    text = "\n".join(["x,<level>,label", *rows])
    page, written = report(text, "label", LogisticRegression(), categorical=["<level>"])
    assert not {"script", "b", "i", "level"} & set(page.tags)
    assert "&lt;level&gt;" in written


def test_a_fit_without_statistics_says_why(report):
    page, _ = report(table("a", "b", "y"), "y", LinearRegression(l2=0.1))
    assert "penalty" in " ".join(page.words)
