"""What a text file looks like: above all, whether its first line is a header."""

import pytest

from extremum.outcomes import InvalidInput
from extremum.regression.tables.text_format import recognize


@pytest.fixture
def table(tmp_path):
    def write(text, **options):
        path = tmp_path / "table.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return recognize(path, **options)

    return write


HEADERS = {
    "words above numbers": "x,y\n1,2\n3,4\n",
    "a word above classes": "width,species\n1.5,setosa\n2.5,virginica\n",
    "quoted": '"x","y, z"\n"1","2"\n',
    "numbered pixels": "label,0,1,2\n5,0,12,7\n3,1,0,2\n",
    "wavelengths": "concentration,400.5,401.0,401.5\n0.1,2,3,4\n0.2,3,4,5\n",
    "a missing value below": "x,y\nNA,2\n3,\n",
    "a misprint below": "x,y\n" + "1,2\n" * 9 + "1,abc\n",
    "one column": "y\n1\n2\n",
    "only words, not found again": "colour,animal\nred,cat\nblue,dog\nred,dog\n",
    "byte order mark": b"\xef\xbb\xbfx,y\n1,2\n",
    "spaces after the separators": "x, y\n1, 2\n",
}
DATA = {
    "integers": "1,2\n3,4\n",
    "the first is 0, 1, 2": "0,1,2\n3,4,5\n",
    "one line": "1.5,2\n",
    "one number": "5\n",
    "classes": "5.1,3.5,setosa\n4.9,3.0,setosa\n6.2,2.9,virginica\n",
    "classes, each once": "5.1,setosa\n4.9,virginica\n",
    "a missing value in it": "1,NA,3\n4,5,6\n",
    "all missing but one": ",?,3\n4,5,6\n",
    "all missing": "NA,NA\n4,5\n",
    "a misprint in it": "5.1,abc,3\n4,5,6\n7,8,9\n",
    "infinite": "inf,2\n3,4\n",
    "scientific": "1e-3 +2E5\n3 .5\n",
    "words found again": "red,cat\nblue,dog\nred,dog\n",
    "decimal commas": "1,5;2,5\n3,5;4,5\n",
    "dates": "2024-01-01,3.5\n2024-01-02,3.6\n",
    "quoted numbers": '"1","2"\n"3","4"\n',
}


@pytest.mark.parametrize("text", HEADERS.values(), ids=HEADERS)
def test_a_header_line_gives_the_names(table, text):
    found = table(text)
    assert found.skipped == 1
    assert found.names != tuple(map(str, range(len(found.names))))
    assert "line 1 names the columns" in found.evidence
    assert "--no-header" in found.evidence


@pytest.mark.parametrize("text", DATA.values(), ids=DATA)
def test_no_file_is_robbed_of_its_first_row(table, text):
    found = table(text)
    assert found.skipped == 0
    assert found.names == tuple(map(str, range(len(found.names))))
    assert "line 1 is data" in found.evidence
    assert "--header" in found.evidence


def test_the_decision_can_be_overruled(table):
    assert table("0,1,2\n3,4,5\n", header=True).names == ("0", "1", "2")
    assert table("0,1,2\n3,4,5\n", header=True).skipped == 1
    assert table("x,y\n1,2\n", header=False).skipped == 0
    assert table("x,y\n1,2\n", header=False).names == ("0", "1")


@pytest.mark.parametrize(
    ("text", "separator", "decimal", "width"),
    [
        ("1,2\n3,4\n", ",", ".", 2),
        ("1;2\n3;4\n", ";", ".", 2),
        ("1\t2\n3\t4\n", "\t", ".", 2),
        ("  1   2\n 3 \t 4  \n", " ", ".", 2),
        ("1,5;2\n3,5;4\n", ";", ",", 2),
        ("1,5 2,5\n3,5 4,5\n", " ", ",", 2),
        ("1, 2, 3\n4, 5, 6\n", ",", ".", 3),
        ("New York,5\nLos Angeles,6\n", ",", ".", 2),
        ('"a;b",1\n"c;d",2\n', ",", ".", 2),
        ("name;text, with commas, two\na;b,c,d\n", ";", ".", 2),
        ("1\n2\n", ",", ".", 1),
        ("1,2\n3,4\n5\n6,7\n8,9\n0,1\n", ",", ".", 2),
    ],
)
def test_separators(table, text, separator, decimal, width):
    found = table(text)
    assert (found.separator, found.decimal, len(found.names)) == (separator, decimal, width)


def test_comments_above_the_table(table):
    named = table("# made by hand\n# t  x\n0 1\n1 2\n")
    assert (named.names, named.skipped) == (("t", "x"), 2)
    unnamed = table("# three columns follow\n0 1\n1 2\n")
    assert (unnamed.names, unnamed.skipped) == (("0", "1"), 1)


def test_blank_lines_and_names_over_several_lines(table):
    found = table('\n"a\nb",c\n1,2\n')
    assert (found.names, found.skipped) == (("a\nb", "c"), 3)


def test_a_column_without_a_name_is_named_by_position(table):
    found = table(",x\n0,2.5\n1,3.5\n")
    assert found.names == ("0", "x")
    assert found.unnamed == {"0"}


def test_which_columns_hold_numbers(table):
    found = table("a,b,c\n1,x,NA\n2,y,3\n")
    assert found.numeric == {"a", "c"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n  \n", "is empty"),
        ("x,y\n", "no rows below its header"),
        ("x,x\n1,2\n", "two columns are named 'x'"),
        (b"x,y\n1,caf\xe9\n", "line 2"),
        ("x,y\n1,2\n".encode("utf-16"), "UTF-16"),
        (b"\x1f\x8b\x08\x00\x00", "not text"),
    ],
)
def test_what_is_no_table_is_said(table, text, words):
    with pytest.raises(InvalidInput, match=words) as error:
        table(text)
    assert "table.csv" in str(error.value)
