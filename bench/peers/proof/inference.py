"""ONNX Runtime scores a matrix again and again: the counterpart of
`crates/modu-onnx/examples/inference.rs`.

    inference.py MODEL INPUT OUTPUT FEATURES ROWS PASSES

One thread; a first pass does not count.
"""

import json
import sys
import time

import numpy
import onnxruntime


def main() -> None:
    model, name, output, features, rows, passes = sys.argv[1:]
    matrix = numpy.fromfile(features, dtype="<f4").reshape(int(rows), -1)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options)
    session.run([output], {name: matrix})
    started = time.process_time()
    for _ in range(int(passes)):
        session.run([output], {name: matrix})
    seconds = (time.process_time() - started) / int(passes)
    print(json.dumps({"pass_seconds": seconds}))


main()
