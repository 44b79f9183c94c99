"""Tables in files of text or Parquet, read in batches and checked: nothing is taken silently."""

from extremum.regression.tables.encoding import Encoding, Levels, Numbers
from extremum.regression.tables.rows import TableRows, open_rows
from extremum.regression.tables.table import Table, open_table

__all__ = ["Encoding", "Levels", "Numbers", "Table", "TableRows", "open_rows", "open_table"]
