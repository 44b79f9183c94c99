"""Tables in files as a regression meets them; what is in the way is named with column and row."""

import csv
import io

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from extremum.outcomes import InvalidInput
from extremum.regression.tables import open_rows, survey
from extremum.regression.tables import rows as rows_of_tables


@pytest.fixture
def write(tmp_path):
    def to(name, content):
        path = tmp_path / name
        if isinstance(content, dict):
            pq.write_table(pa.table(content), path, row_group_size=2)
        else:
            path.write_text(content)
        return path

    return to


def refusal(path, target="y", **options):
    with pytest.raises(InvalidInput) as error:
        open_rows(path, target, **options)
    return str(error.value)


def check(rows, X, y):
    np.testing.assert_array_equal(np.concatenate([block.X for block in rows]), X)
    np.testing.assert_array_equal(np.concatenate([block.y for block in rows]), y)
    assert (rows.n_rows, rows.n_features) == np.shape(X)


def test_text_and_parquet_give_the_same_rows(write):
    columns = {"a": [1.5, -2, 3e-7], "b": [4, 5, 7], "y": [0.1, 0.2, 1e300]}
    lines = ["a,b,y", *(",".join(map(repr, row)) for row in zip(*columns.values(), strict=True))]
    X, y = np.column_stack([columns["a"], columns["b"]]), columns["y"]
    check(open_rows(write("t.csv", "\n".join(lines)), "y"), X, y)
    check(open_rows(write("t.txt", "\r\n".join(lines).replace(",", " \t ")), "y"), X, y)
    check(open_rows(write("t.parquet", columns), "y"), X, y)
    check(open_rows(write("t.parquet", columns), "y", features=["b"]), X[:, 1:], y)


def test_a_file_without_names_keeps_its_first_row(write):
    rows = open_rows(write("t.txt", " 1 2 3\n 4 5 6\n 7 8 10"), "1")
    check(rows, [[1, 3], [4, 6], [7, 10]], [2, 5, 8])
    assert rows.feature_names == ("0", "2")
    assert "line 1 is data" in rows.notes[0]


def test_several_files_are_one_table(write):
    first, second = write("1.csv", "a,y\n1,2\n3,5\n"), write("2.csv", "y,a\n6,4\n")
    check(open_rows([first, second], "y"), [[1], [3], [4]], [2, 5, 6])
    other = write("3.csv", "y,b\n6,4\n")
    assert "only 1.csv has 'a'" in refusal([first, other])


def test_the_target_in_a_file_of_its_own(write):
    X, y = write("X.txt", "1 2\n3 4\n5 7\n"), write("y.txt", "0.5\n1.5\n2.5\n")
    rows = open_rows(X, str(y))
    check(rows, [[1, 2], [3, 4], [5, 7]], [0.5, 1.5, 2.5])
    assert rows.target.name == "y"
    two = write("two.txt", "1 0.5\n2 1.5\n3 2.5\n")
    assert "two.txt:1" in refusal(X, str(two))
    check(open_rows(X, f"{two}:1"), [[1, 2], [3, 4], [5, 7]], [0.5, 1.5, 2.5])
    short = write("short.txt", "t\n1.5\n2.5\n")
    message = refusal(X, str(short))
    assert "3 rows and short.txt 2" in message
    assert "line 1 names the columns" in message


def test_categories_become_indicators_and_the_reference_is_said(write):
    path = write("t.csv", "colour,size,y\nred,10,1\nblue,9,2\nred,10,3\ngreen,9,5\n")
    rows = open_rows(path, "y", categorical=["colour", "size"])
    assert rows.feature_names == ("colour=green", "colour=red", "size=10")
    check(rows, [[0, 1, 1], [0, 0, 0], [0, 1, 1], [1, 0, 0]], [1, 2, 3, 5])
    assert "'blue' is the reference" in rows.notes[1]
    assert "'9' is the reference" in rows.notes[2]
    stored = write(
        "t.parquet", {"c": pa.array(["u", "v", "u"]).dictionary_encode(), "y": [1, 2, 3]}
    )
    check(open_rows(stored, "y", categorical=["c"]), [[0], [1], [0]], [1, 2, 3])


def test_labels_stay_text_where_they_are_text(write):
    path = write("t.csv", "a,y\n1,no\n2,yes\n3,no\n")
    assert np.concatenate([block.y for block in open_rows(path, "y")]).tolist() == [
        "no",
        "yes",
        "no",
    ]
    assert "Line 2" in refusal(path, target_kind="number")
    assert "'no'" in refusal(path, target_kind="number")


def test_huge_numbers_are_not_infinite(write):
    columns = {"a": [1e308, 1.7e308, -1e308], "b": [1.7e308, 1e308, 3], "y": [1, 2, 3]}
    check(
        open_rows(write("t.parquet", columns), "y"),
        np.column_stack([columns["a"], columns["b"]]),
        [1, 2, 3],
    )


def test_counts_are_not_negative(write):
    path = write("t.csv", "a,y\n1,0\n2,2.5\n3,-1\n")
    message = refusal(path, target_kind="count")
    assert "'y' is -1 in line 4 of t.csv" in message
    assert open_rows(path, "y", target_kind="number").n_rows == 3


def test_truth_values_and_small_types_of_parquet_are_numbers(write):
    columns = {
        "b": pa.array([True, False, True]),
        "i": pa.array([1, 2, 3], pa.int8()),
        "f": pa.array([0.5, 1.5, 2.5], pa.float32()),
        "y": pa.array([1, 2, 3]),
    }
    check(
        open_rows(write("t.parquet", columns), "y"),
        [[1, 1, 0.5], [0, 2, 1.5], [1, 3, 2.5]],
        [1, 2, 3],
    )


def test_row_numbers_without_a_name_are_no_feature(write):
    assert open_rows(write("t.csv", ",a,y\n0,5,1\n1,6,2\n"), "y").feature_names == ("a",)
    rows = open_rows(write("t.csv", ",a,y\n0,5,1\n1,6,2\n"), "y", features=["0", "a"])
    assert rows.feature_names == ("0", "a")


LINES = "a,b,y\n1,2,3\n4,5,7\n\n{}\n7,8,9\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1,,3", ["'b'", "no value", "line 5 of t.csv"]),
        ("1,NA,3", ["'b'", "no value", "line 5 of t.csv"]),
        ("nan,1,3", ["'a'", "no value", "line 5 of t.csv"]),
        ("1,2,", ["'y'", "no value", "line 5 of t.csv"]),
        ("1,2, NA ", ["'y'", "no value", "line 5 of t.csv"]),
        ("1, ,3", ["'b'", "no value", "line 5 of t.csv"]),
        ("1,１,3", ["'b'", "'１'", "Line 5 of t.csv"]),
        ("1,-inf,3", ["'b'", "infinite", "line 5 of t.csv"]),
        ("1,2,1e999", ["'y'", "infinite", "line 5 of t.csv"]),
        ("1,two,3", ["'b'", "'two'", "Line 5 of t.csv", "--categorical b"]),
        ("1,2,three", ["'y'", "'three'", "Line 5 of t.csv"]),
        ("1,2", ["Line 5 of t.csv", "2 fields", "3 columns"]),
        ("1,2,3,4", ["Line 5 of t.csv", "4 fields", "3 columns"]),
        ('1,"2,3', ["t.csv"]),
    ],
)
def test_what_is_in_the_way_is_named_with_its_line(write, line, words):
    message = refusal(write("t.csv", LINES.format(line)), target_kind="number")
    for word in words:
        assert word in message


def test_a_line_number_counts_physical_lines(write):
    text = '"a\nb",c,y\n"x\ny",1,2\nz,2,3\nz,,5\n'
    message = refusal(write("t.csv", text), categorical=["a\nb"])
    assert "line 6 of t.csv" in message
    spaced = write("t.txt", "# by hand\n a  b  y\n 1  2  3\n 4  nan  6\n")
    assert "line 4 of t.txt" in refusal(spaced)


def test_rows_of_parquet_are_counted_from_0_through_row_groups_and_files(write):
    good = write("1.parquet", {"a": [1.0, 2, 3], "y": [1, 2, 3]})
    for value, words in ((None, "no value"), (np.nan, "no value"), (np.inf, "is infinite")):
        bad = write("2.parquet", {"a": [1.0, 2, 3, 4, value], "y": [1, 2, 3, 4, 5]})
        message = refusal([good, bad])
        assert "'a'" in message
        assert f"{words} in row 4 of 2.parquet (counted from 0)" in message
    text = write("3.parquet", {"a": ["u", "v"], "y": [1, 2]})
    assert "--categorical a" in refusal(text)
    moments = write("4.parquet", {"a": pa.array([1, 2], pa.timestamp("s")), "y": [1, 2]})
    assert "timestamp" in refusal(moments)


def test_constant_columns_are_refused_with_those_that_remain(write):
    path = write("t.csv", "a,b,c,y\n1,3.5,x,1\n2,3.5,x,2\n")
    message = refusal(path, features=["a", "b"])
    assert "'b' is constant, 3.5 in all 2 rows" in message
    assert "--features a." in message
    assert "'c' is constant" in refusal(path, features=["a", "c"], categorical=["c"])
    assert "target 'y' is constant" in refusal(write("u.csv", "a,y\n1,2\n3,2\n"))


@pytest.mark.parametrize(
    ("target", "options", "words"),
    [
        ("pric", {}, "no column 'pric'. Did you mean 'price'?"),
        ("PRICE", {}, "Did you mean 'price'?"),
        ("zzz", {}, "Its columns are rooms, price"),
        ("price", {"features": ["room"]}, "Did you mean 'rooms'?"),
        ("price", {"features": ["price"]}, "is the target"),
        ("price", {"categorical": ["price"]}, "not one of the features"),
        ("price", {"categorical": ["area"]}, "no column 'area'"),
        ("price", {"header": False}, "line 1 is data"),
    ],
)
def test_wrong_names_offer_the_nearest(write, target, options, words):
    path = write("t.csv", "rooms,price\n1,10\n2,25\n")
    assert words in refusal(path, target, **options)


def test_nothing_to_explain_by(write):
    assert "no column beside the target" in refusal(write("t.txt", "1\n2\n3\n"), "0")


def test_files_that_are_not_there_or_damaged(write, tmp_path):
    assert "nofile.csv can't be read: No such file" in refusal(tmp_path / "nofile.csv")
    assert "is a folder" in refusal(tmp_path)
    whole = write("t.parquet", {"a": [1.0, 2], "y": [1, 2]}).read_bytes()
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(whole[: len(whole) // 2])
    assert "damaged.parquet can't be read as Parquet" in refusal(damaged)
    assert "no rows" in refusal(write("none.parquet", {"a": np.zeros(0), "y": np.zeros(0)}))


def test_many_levels_are_no_categories(write):
    lines = "\n".join(f"name{k},{k}" for k in range(survey.MOST_LEVELS + 1))
    message = refusal(write("t.csv", f"who,y\n{lines}\n"), categorical=["who"])
    assert "'who' has more than" in message


@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.txt"])
def test_beyond_the_limit_files_are_read_anew_in_each_pass(write, monkeypatch, name):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((500, 3)), rng.standard_normal(500)
    if name == "t.parquet":
        path = write(name, dict(zip("abcy", [*X.T, y], strict=True)))
    else:
        path = write(name, "")
        with path.open("w") as stream:
            csv.writer(stream, delimiter=" " if name == "t.txt" else ",").writerows(
                [["a", "b", "c", "y"], *np.column_stack([X, y]).tolist()]
            )
    assert open_rows(path, "y").in_memory
    monkeypatch.setattr(rows_of_tables, "IN_MEMORY", 8 * 500 * 3 - 1)
    rows = open_rows(path, "y")
    assert not rows.in_memory
    check(rows, X, y)
    check(rows, X, y)


@pytest.mark.parametrize(("name", "n"), [("t.parquet", 1_200_000), ("t.csv", 200_000)])
def test_a_pass_holds_a_few_blocks_of_the_table_only(tmp_path, monkeypatch, name, n):
    monkeypatch.setattr(rows_of_tables, "IN_MEMORY", 0)
    table = pa.table({key: np.random.default_rng(0).standard_normal(n) for key in "abcdy"})
    path, size = tmp_path / name, table.nbytes
    if name == "t.parquet":
        pq.write_table(table, path, row_group_size=n)  # all rows in one group
    else:
        arrow_csv.write_csv(table, path)
    del table
    rows = open_rows(path, "y")
    before = pa.total_allocated_bytes()
    held = [pa.total_allocated_bytes() - before for _ in rows]
    assert len(held) > 10
    assert max(held) < 0.4 * size  # of Parquet some pages of each column, of a megabyte each
    assert pa.total_allocated_bytes() - before < 0.01 * size


def test_a_sample_is_bounded_too(write, monkeypatch):
    monkeypatch.setattr(rows_of_tables, "IN_MEMORY", 0)
    monkeypatch.setattr(rows_of_tables, "SAMPLE_BYTES", 8 * 2 * 50)
    table = {key: np.arange(1000.0) for key in "aby"}
    sample = open_rows(write("t.parquet", table), "y").sample(400)
    assert sample.X.shape == (50, 2)
    np.testing.assert_array_equal(sample.X[:, 0], sample.y)
    # One row of each stretch of twenty.
    np.testing.assert_array_equal(sample.y // 20, np.arange(50))


PIECES = st.sampled_from(
    [*"1 2.5 -3e2 a NA inf , ; # é".split(), "\t", "\n", "\r\n", '"', "\x00", " ", ""]
)


@given(text=st.lists(PIECES, max_size=60).map("".join), header=st.none() | st.booleans())
def test_any_text_is_read_or_refused(tmp_path_factory, text, header):
    path = tmp_path_factory.getbasetemp() / "fuzzed.csv"
    path.write_bytes(text.encode())
    try:
        rows = open_rows(path, "0", header=header)
    except InvalidInput:
        return
    assert sum(len(block.y) for block in rows) == rows.n_rows
    assert all(np.isfinite(block.X).all() for block in rows)


@given(
    table=arrays(
        np.float64,
        st.tuples(st.integers(2, 12), st.integers(2, 4)),
        elements=st.floats(allow_nan=False, allow_infinity=False),
        unique=True,
    ),
    separator=st.sampled_from(",;\t "),
    ending=st.sampled_from(["\n", "\r\n"]),
    names=st.none() | st.just([" a", "b c", "d", "e,;"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    last=st.booleans(),
)
def test_numbers_are_read_exactly_as_written(
    tmp_path_factory, table, separator, ending, names, quoting, last
):
    path = tmp_path_factory.getbasetemp() / "written.csv"
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, lineterminator=ending, quoting=quoting)
    if names is not None:
        writer.writerow(names[: table.shape[1]])
    writer.writerows(table.tolist())
    text = stream.getvalue()
    path.write_text(text if last else text.removesuffix(ending), newline="")
    rows = open_rows(path, "0" if names is None else "a")
    check(rows, table[:, 1:], table[:, 0])
