"""Prints CVSS vectors and the scores that PyPI's `cvss` gives them: base score
and score with every metric, tab-separated.

    python cvss_vectors.py --seed 20261122 --each 150          # the table of the tests
    python cvss_vectors.py --seed 1 --each 20000 --exhaustive  # a larger comparison

`--each` vectors are drawn for each of the versions 2.0, 3.0, 3.1 and 4.0;
first of all for 4.0 one of each macro vector that is met within a million
draws. `--exhaustive` adds every base vector of 2.0 and 3.x.
"""

import argparse
import itertools
import random

from cvss import CVSS2, CVSS3, CVSS4
from cvss.constants2 import METRICS_VALUES as VALUES_2
from cvss.constants3 import METRICS_VALUES as VALUES_3
from cvss.constants4 import CVSS_LOOKUP_GLOBAL, METRICS_MANDATORY as BASE_4
from cvss.constants4 import METRICS_VALUE_NAMES as VALUES_4

BASE_2 = ["AV", "AC", "Au", "C", "I", "A"]
TIME = ["E", "RL", "RC"]
BASE_3 = ["AV", "AC", "PR", "UI", "S", "C", "I", "A"]
UNDEFINED = ("X", "ND")


def scores(vector):
    """Base score and the score with every metric."""
    if vector.startswith("CVSS:4.0/"):
        metrics = [field.split(":")[0] for field in vector.split("/")[1:]]
        base = "/".join(["CVSS:4.0"] + vector.split("/")[1:][: len(BASE_4)])
        assert metrics[: len(BASE_4)] == BASE_4
        return CVSS4(base).base_score, CVSS4(vector).base_score
    three = vector.startswith("CVSS:3")
    parsed = CVSS3(vector) if three else CVSS2(vector)
    fields = [field.split(":") for field in vector.split("/")[1 if three else 0 :]]
    base = BASE_3 if three else BASE_2
    environment = [m for m, v in fields if m not in base + TIME and v not in UNDEFINED]
    time = [m for m, v in fields if m in TIME and v not in UNDEFINED]
    all_three = parsed.scores()
    last = all_three[2] if environment else all_three[1] if time else all_three[0]
    return all_three[0], last


def draw(chance, prefix, values, base):
    fields = [f"{metric}:{chance.choice(list(values[metric]))}" for metric in base]
    share = chance.choice([0.0, 0.3, 1.0])
    for metric in values:
        if metric not in base and chance.random() < share:
            fields.append(f"{metric}:{chance.choice(list(values[metric]))}")
    return prefix + "/".join(fields)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seed", type=int, required=True)
    arguments.add_argument("--each", type=int, required=True)
    arguments.add_argument("--exhaustive", action="store_true")
    arguments = arguments.parse_args()
    chance = random.Random(arguments.seed)
    values_2 = {metric: VALUES_2[metric] for metric in VALUES_2}
    values_3 = {metric: [v for v in VALUES_3[metric]] for metric in VALUES_3}
    values_3["S"], values_3["MS"] = ["U", "C"], ["X", "U", "C"]
    for metric in BASE_3:
        values_3[metric] = [v for v in values_3[metric] if v != "X"]
    vectors = []
    for prefix, values, base in [
        ("", values_2, BASE_2),
        ("CVSS:3.0/", values_3, BASE_3),
        ("CVSS:3.1/", values_3, BASE_3),
    ]:
        vectors += [draw(chance, prefix, values, base) for _ in range(arguments.each)]
        if arguments.exhaustive:
            for one in itertools.product(*(list(values[metric]) for metric in base)):
                vectors.append(prefix + "/".join(f"{m}:{v}" for m, v in zip(base, one)))
    open_macros = set(CVSS_LOOKUP_GLOBAL)
    for _ in range(1_000_000):
        if not open_macros:
            break
        vector = draw(chance, "CVSS:4.0/", VALUES_4, BASE_4)
        macro = CVSS4(vector).macroVector()
        if macro in open_macros:
            open_macros.remove(macro)
            vectors.append(vector)
    assert not open_macros, open_macros
    vectors += [draw(chance, "CVSS:4.0/", VALUES_4, BASE_4) for _ in range(arguments.each)]
    for vector in vectors:
        base, last = scores(vector)
        print(f"{vector}\t{base}\t{last}")


if __name__ == "__main__":
    main()
