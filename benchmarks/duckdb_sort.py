"""The peer that reads everything and sorts: DuckDB, lines as a column, ordered by their first 24 characters.

Run as a program: ``python duckdb_sort.py OUTPUT FILE...``.
"""

from __future__ import annotations

import sys

import duckdb


def main() -> None:
    """Sort the named files into OUTPUT."""
    output, *paths = sys.argv[1:]
    read = "read_csv($paths, columns={'line': 'VARCHAR'}, header=false, delim='\\x01', quote='', escape='')"
    write = "(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\\x01')"
    duckdb.execute(f"COPY (SELECT line FROM {read} ORDER BY line[:24]) TO '{output}' {write}", {"paths": paths})


main()
