"""The table of a scene, and the clock, for the Python peers.

A table is its columns one after the other as little-endian doubles: times,
event codes (0 censored, 1 the event, 2 a competing event), then covariates.
"""

import json
import sys
import time

import numpy


class Scene:
    """The arguments `TABLE ROWS COLUMNS ANSWER [OPTION...]` of every peer."""

    def __init__(self):
        table, rows, columns, self.answer, *self.options = sys.argv[1:]
        self.rows, self.columns = int(rows), int(columns)
        values = numpy.fromfile(table, dtype="<f8").reshape(self.columns + 2, self.rows)
        self.time, self.code = values[0], values[1].astype(int)
        self.event = self.code == 1
        # In rows, as the peers keep it: turning it is not their work.
        self.covariates = numpy.ascontiguousarray(values[2:].T)

    def measured(self, work, answer):
        """Does the work, prints its processor seconds, and writes what
        `answer` finds in its result."""
        start = time.process_time()
        result = work()
        seconds = time.process_time() - start
        numpy.asarray(answer(result), dtype="<f8").tofile(self.answer)
        print(json.dumps({"seconds": seconds}))
