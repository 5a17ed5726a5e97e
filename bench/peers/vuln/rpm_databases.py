"""Databases of RPM as RPM, its library and Berkeley DB write them, and what RPM
and we read of them.

    rpm_databases.py FOLDER --ours target/debug/examples/list_components \
        [--rpm-source RPM/]

Builds packages with rpmbuild and installs them (--justdb) into a database of
SQLite with rpm; writes the same headers with db5.3_load into hash tables of
either order of bytes and of several sizes of pages, and, where the source of
RPM is given, with its own rpmpkg.c into Packages.db, some of them removed
again. `rpm -qa` lists the databases of SQLite and Berkeley DB; Packages.db
Debian's rpm cannot read, so there the names that were written count. Exits
with 1 where ours differs. Needs Debian's rpm, db5.3-util and gcc.
"""

import argparse
import pathlib
import random
import sqlite3
import struct
import subprocess
import sys

VENDORS = ["Red Hat, Inc.", "Rocky Enterprise Software Foundation", "SUSE LLC <https://www.suse.com/>"]
WRITER = r"""
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "system.h"
#include "rpmpkg.h"
void *xmalloc(size_t n) { return malloc(n); }
void *xcalloc(size_t n, size_t m) { return calloc(n, m); }
void *xrealloc(void *p, size_t n) { return realloc(p, n); }
char *xstrdup(const char *s) { return strdup(s); }
/* Each argument is a header to put, or -N to delete package N. */
int main(int count, char **words) {
  rpmpkgdb db;
  if (rpmpkgOpen(&db, words[1], O_RDWR | O_CREAT, 0644)) return 1;
  for (int i = 2; i < count; i++) {
    unsigned number, length;
    static unsigned char bytes[8 << 20];
    if (words[i][0] == '-') {
      if (rpmpkgDel(db, atoi(words[i] + 1))) return 2;
      continue;
    }
    FILE *file = fopen(words[i], "rb");
    length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    if (rpmpkgNextPkgIdx(db, &number) || rpmpkgPut(db, number, bytes, length)) return 3;
  }
  int wrong = rpmpkgVerify(db);
  rpmpkgClose(db);
  return wrong;
}
"""
SYSTEM = """#include <stdlib.h>
#define _(text) text
void *xmalloc(size_t); void *xcalloc(size_t, size_t); void *xrealloc(void *, size_t);
char *xstrdup(const char *);
"""
LOG = "#include <stdio.h>\n#define RPMLOG_ERR 0\n#define RPMLOG_WARNING 1\n#define rpmlog(level, ...) fprintf(stderr, __VA_ARGS__)\n"
QUERY = "%{NAME}\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\n"


def run(*words):
    return subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True).stdout


def packages(folder, count, seed):
    chance = random.Random(seed)
    for number in range(count):
        length = chance.choice([10, 900, 5_000, 70_000])
        text = "\n".join("".join(chance.choices("abcdefgh ", k=70)) for _ in range(1 + length // 70))
        epoch = f"Epoch: {number}\n" if number % 3 == 1 else ""
        spec = folder / f"package-{number}.spec"
        spec.write_text(
            f"Name: package-{number}\nVersion: {number}.0~rc1\nRelease: {number}.el9\n{epoch}"
            f"Vendor: {VENDORS[number % 3]}\nLicense: MIT\nSummary: s\nBuildArch: noarch\n"
            f"%description\n{text}\n%files\n"
        )
        run("rpmbuild", "-bb", "--define", f"_topdir {folder}/built", spec)
    return sorted(folder.glob("built/RPMS/noarch/*.rpm"))


def listed(folder, backend):
    lines = run("rpm", "--dbpath", folder, "--define", f"_db_backend {backend}", "-qa", "--qf", QUERY)
    return sorted(lines.splitlines())


def ours(program, path):
    return sorted("\t".join(line.split("\t")[:2]) for line in run(program, path).splitlines())


def dump(headers, order, page_bytes):
    word = lambda number: struct.pack(order + "I", number).hex()
    lines = ["VERSION=3", "format=bytevalue", "type=hash", f"db_pagesize={page_bytes}"]
    lines += [f"db_lorder={1234 if order == '<' else 4321}", "HEADER=END", f" {word(0)}", f" {word(len(headers))}"]
    for number, header in headers:
        lines += [f" {word(number)}", f" {header.hex()}"]
    return "\n".join(lines + ["DATA=END", ""])


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--ours", required=True)
    arguments.add_argument("--rpm-source", type=pathlib.Path)
    arguments.add_argument("--packages", type=int, default=24)
    arguments = arguments.parse_args()
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True)
    files = packages(folder, arguments.packages, seed=1)
    sqlite = folder / "sqlite"
    sqlite.mkdir()
    install = ["rpm", "--dbpath", sqlite, "-i", "--justdb", "--nodeps"]
    run("rpm", "--dbpath", sqlite, "--initdb")
    run(*install, *files)
    run("rpm", "--dbpath", sqlite, "-e", "--justdb", "--nodeps", "package-5", "package-7")
    database = sqlite3.connect(sqlite / "rpmdb.sqlite")
    headers = database.execute("SELECT hnum, blob FROM Packages ORDER BY hnum").fetchall()
    database.close()
    expected = listed(sqlite, "sqlite")
    results = [("rpmdb.sqlite", expected, sqlite / "rpmdb.sqlite")]
    for order in "<>":
        for page_bytes in [512, 4096, 65536]:
            place = folder / f"berkeley-{'big' if order == '>' else 'little'}-{page_bytes}"
            place.mkdir()
            (place / "dump").write_text(dump(headers, order, page_bytes))
            run("db5.3_load", "-f", place / "dump", place / "Packages")
            # RPM reads the numbers of packages in the order of this machine.
            known = listed(place, "bdb_ro") if order == "<" else expected
            results.append((place.name, known, place / "Packages"))
    if arguments.rpm_source:
        place = folder / "own"
        (place / "rpm").mkdir(parents=True)
        for name, text in [("main.c", WRITER), ("system.h", SYSTEM), ("rpm/rpmlog.h", LOG)]:
            (place / name).write_text(text)
        source = arguments.rpm_source / "lib/backend/ndb"
        run("gcc", "-w", f"-I{place}", f"-I{source}", place / "main.c", source / "rpmpkg.c", "-o", place / "write")
        names = []
        for number, header in headers:
            (place / f"{number}").write_bytes(header)
            names.append(place / f"{number}")
        extra = [names[0], names[1]]
        removed = [f"-{len(names) + 1}", f"-{len(names) + 2}"]
        run(place / "write", place / "Packages.db", *names, *extra, *removed)
        results.append(("Packages.db", expected, place / "Packages.db"))
    differ = False
    for name, known, path in results:
        same = known == ours(arguments.ours, path)
        differ |= not same
        print(f"{name}: {len(known)} packages, {'the same' if same else 'DIFFERENT'}")
    sys.exit(differ)


if __name__ == "__main__":
    main()
