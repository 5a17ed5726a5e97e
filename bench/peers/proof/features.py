"""Writes the matrix that a model takes, for `inference.py` and its counterpart.

    features.py table TABLE SOLUTION FILE           a solution's own features
    features.py made ROWS FILE                      500 made-up columns

Single precision, little-endian, row-major. The made-up columns are six real
ones, then blocks of ten with a single one, as one-hot encoding gives them.
"""

import sys

import numpy
import pandas

from documents import Solution


def of_table(table_path: str, folder: str) -> numpy.ndarray:
    table, solution = pandas.read_csv(table_path), Solution(folder)
    [matrix] = solution.prepare(lambda name: table[name].to_numpy()).values()
    return matrix


def made(rows: int) -> numpy.ndarray:
    random = numpy.random.default_rng(20261122)
    matrix = numpy.zeros((rows, 500), dtype="float32")
    matrix[:, :6] = random.uniform(-2, 2, (rows, 6))
    for block in range(6, 500, 10):
        places = numpy.minimum(block + random.integers(0, 10, rows), 499)
        matrix[numpy.arange(rows), places] = 1
    return matrix


match sys.argv[1:]:
    case ["table", table_path, folder, path]:
        of_table(table_path, folder).astype("<f4").tofile(path)
    case ["made", rows, path]:
        made(int(rows)).astype("<f4").tofile(path)
    case _:
        sys.exit(__doc__)
