"""Writes canonical.jsonl: random JSON values and what the PyPI package
`rfc8785` (0.1.4) makes of them. Run: python make_canonical.py > canonical.jsonl

Each line is {"value": ..., "canonical": "<the bytes as text>"}; doubles are
carried as their IEEE 754 bits so that no reader can round them on the way:
{"f64": "<16 hex digits>"} stands for the number.
"""

import json
import random
import struct

import rfc8785

DRAW = random.Random(8785)
ALPHABET = '"\\/\b\f\n\r\t\x00\x1f\x7f\x80 aZ09é가힣€\u2028\ufb33😀𐀀\ue000'


def double():
    while True:
        kind = DRAW.randrange(4)
        if kind == 0:
            bits = DRAW.getrandbits(64)
        elif kind == 1:
            bits = struct.unpack(">Q", struct.pack(">d", DRAW.uniform(-1e6, 1e6)))[0]
        elif kind == 2:
            bits = struct.unpack(">Q", struct.pack(">d", float(10 ** DRAW.randrange(-25, 25))))[0]
        else:
            bits = struct.unpack(">Q", struct.pack(">d", float(DRAW.randrange(-(2**53), 2**53))))[0]
        value = struct.unpack(">d", struct.pack(">Q", bits))[0]
        if value == value and abs(value) != float("inf"):
            return value, {"f64": f"{bits:016x}"}


def text():
    return "".join(DRAW.choice(ALPHABET) for _ in range(DRAW.randrange(8)))


def value(depth):
    kind = DRAW.randrange(8 if depth < 4 else 5)
    if kind == 0:
        return double()
    if kind == 1:
        number = DRAW.randrange(-(2**53) + 1, 2**53)
        return number, number
    if kind == 2:
        return (literal := text()), literal
    if kind == 3:
        return (flag := DRAW.random() < 0.5), flag
    if kind == 4:
        return None, None
    if kind in (5, 6):
        items = [value(depth + 1) for _ in range(DRAW.randrange(5))]
        return [real for real, _ in items], [carried for _, carried in items]
    members = {text(): value(depth + 1) for _ in range(DRAW.randrange(6))}
    members.pop("f64", None)
    return {k: real for k, (real, _) in members.items()}, {k: c for k, (_, c) in members.items()}


for _ in range(1000):
    real, carried = value(0)
    canonical = rfc8785.dumps(real).decode()
    print(json.dumps({"value": carried, "canonical": canonical}, ensure_ascii=True))
