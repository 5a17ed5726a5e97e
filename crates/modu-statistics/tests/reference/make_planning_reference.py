"""Writes tests/data/planning.json: reference values for sample sizes, power,
drift and comparisons.

Needs Python with numpy, scipy and statsmodels, and R with the packages pwr and
jsonlite (Debian: r-cran-pwr, r-cran-jsonlite). Run it from anywhere:
`python make_planning_reference.py`. The versions are recorded in the file.
"""

import itertools
import json
import pathlib
import subprocess
import tempfile

import numpy as np
import scipy
import scipy.integrate
import scipy.stats as st
import statsmodels
from statsmodels.stats.power import NormalIndPower, zt_ind_solve_power

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
RANDOM = np.random.default_rng(20261122)


def r(script):
    with tempfile.NamedTemporaryFile("w", suffix=".R") as file:
        file.write("suppressMessages({library(pwr);library(jsonlite)})\n" + script)
        file.flush()
        text = subprocess.run(
            ["Rscript", file.name], capture_output=True, text=True, check=True
        ).stdout
    return json.loads(text)


def shares():
    """The exact test of a share by enumeration of the binomial."""
    cases = []
    for bound, truth, confidence in [
        (0.9, 0.93, 0.95), (0.7, 0.75, 0.95), (0.55, 0.6, 0.9833333333333333),
        (0.5, 0.6, 0.9), (0.98, 0.99, 0.99),
    ]:
        for trials in (50, 800, 6186, 99762):
            counts = np.arange(trials + 1)
            proven = st.binom.sf(counts - 1, trials, bound) <= 1 - confidence
            critical = int(counts[proven][0]) if proven.any() else None
            power = float(st.binom.sf(critical - 1, trials, truth)) if critical is not None else 0.0
            cases.append(dict(bound=bound, truth=truth, confidence=confidence, trials=trials,
                              critical=critical, power=power))
    return cases


def share_trials():
    """The last number of trials whose power is too low, plus one."""
    cases = []
    for bound, truth, confidence, power in [
        (0.9, 0.93, 0.95, 0.8), (0.7, 0.75, 0.95, 0.8), (0.55, 0.6, 0.9833333333333333, 0.8),
        (0.5, 0.6, 0.9, 0.9),
    ]:
        trials = np.arange(1, 6000)
        critical = st.binom.isf(1 - confidence, trials, bound).astype(int) + 1
        # isf gives the least x of sf(x) <= error, so x + 1 successes prove it.
        chance = np.where(critical <= trials, st.binom.sf(critical - 1, trials, truth), 0.0)
        cases.append(dict(bound=bound, truth=truth, confidence=confidence, power=power,
                          trials=int(trials[chance < power][-1]) + 1))
    return cases


def normal():
    cases = []
    for effect, rows, confidence in [(0.1, 800, 0.95), (0.05, 1000, 0.975), (0.3, 60, 0.9)]:
        ours = float(NormalIndPower(ddof=0).power(effect, rows, 1 - confidence, ratio=0, alternative="larger"))
        theirs = r(f"cat(toJSON(pwr.norm.test(d={effect},n={rows},sig.level={1 - confidence!r},"
                   "alternative='greater')$power,digits=NA,auto_unbox=TRUE))")
        needed = float(NormalIndPower(ddof=0).solve_power(
            effect, alpha=1 - confidence, power=0.8, ratio=0, alternative="larger"))
        cases.append(dict(effect=effect, rows=rows, confidence=confidence, statsmodels=ours,
                          pwr=theirs, rows_for_80=needed))
    return cases


def paired():
    """The power of the Wald limit of a paired difference of shares, by
    enumeration of the trinomial."""
    cases = []
    for rows, gain, loss, margin, confidence in [
        (200, 0.16, 0.06, 0.0, 0.95), (400, 0.12, 0.04, 0.02, 0.95), (800, 0.05, 0.03, 0.0, 0.975),
    ]:
        z = st.norm.ppf(confidence)
        first = np.arange(rows + 1)[:, None]
        second = np.arange(rows + 1)[None, :]
        valid = first + second <= rows
        difference = (first - second) / rows
        error = np.sqrt(np.maximum((first + second) / rows - difference**2, 0) / rows)
        met = valid & (difference - z * error >= margin) & (error > 0)
        chance = st.binom.pmf(first, rows, gain) * np.where(
            valid, st.binom.pmf(second, np.maximum(rows - first, 0), loss / (1 - gain)), 0)
        cases.append(dict(rows=rows, gain=gain, loss=loss, margin=margin, confidence=confidence,
                          power=float(chance[met].sum())))
    return cases


def areas():
    """The variance of the area with exponential scores, its two
    probabilities by numerical integration."""
    cases = []
    for mean, positives, negatives in [(9.0, 51, 58), (3.0, 30, 770), (1.5, 400, 400)]:
        quad = lambda f: scipy.integrate.quad(f, 0, np.inf, epsabs=1e-14, epsrel=1e-13)[0]
        negative, positive = st.expon(), st.expon(scale=mean)
        area = quad(lambda y: negative.pdf(y) * positive.sf(y))
        two_positives = quad(lambda y: negative.pdf(y) * positive.sf(y) ** 2)
        two_negatives = quad(lambda x: positive.pdf(x) * negative.cdf(x) ** 2)
        variance = (area * (1 - area) + (positives - 1) * (two_positives - area**2)
                    + (negatives - 1) * (two_negatives - area**2)) / (positives * negatives)
        cases.append(dict(area=area, positives=positives, negatives=negatives, variance=variance))
    return cases


def smirnov():
    cases = []
    for size, other, shift, ties in [
        (12, 9, 0.0, False), (40, 55, 0.4, False), (30, 30, 0.5, True), (60, 25, 0.0, True),
        (900, 700, 0.05, False),
    ]:
        a, b = RANDOM.normal(size=size), RANDOM.normal(loc=shift, size=other)
        if ties:
            a, b = np.round(a), np.round(b)
        a, b = np.round(a, 6), np.round(b, 6)
        statistic = float(st.ks_2samp(a, b).statistic)
        case = dict(first=a.tolist(), second=b.tolist(), statistic=statistic)
        vector = lambda values: "c(" + ",".join(repr(float(value)) for value in values) + ")"
        # R conditions on the ties (Schröer & Trenkler 1995); scipy does not. Of
        # many rows R simulates.
        if size < 100:
            case["exact_r"] = r(f"cat(toJSON(suppressWarnings(ks.test({vector(a)},{vector(b)},exact=TRUE))$p.value,"
                                "digits=NA,auto_unbox=TRUE))")
        if not ties:
            case["exact_scipy"] = float(st.ks_2samp(a, b, method="exact").pvalue)
        cases.append(case)
    return cases


def homogeneity():
    cases = []
    for table in [[[30, 20, 50], [40, 40, 60]], [[100, 0, 3, 7], [900, 12, 40, 88]], [[5, 5], [50, 30]]]:
        table = np.array(table)
        chi, p, df, _ = st.chi2_contingency(table, correction=False)
        g, gp, _, _ = st.chi2_contingency(table, correction=False, lambda_="log-likelihood")
        cases.append(dict(table=table.tolist(), chi_square=float(chi), p=float(p), degrees=int(df),
                          g=float(g), g_p=float(gp)))
    return cases


def stability():
    """PSI by its formula in numpy; bins are the reference's deciles."""
    reference, current = np.round(RANDOM.normal(size=500), 4), np.round(RANDOM.normal(0.2, 1.1, size=300), 4)
    edges = np.quantile(reference, np.arange(1, 10) / 10, method="inverted_cdf")
    count = lambda values: np.bincount(np.searchsorted(edges, values, side="left"), minlength=10)
    e, a = (count(reference) + 0.5) / (500 + 5), (count(current) + 0.5) / (300 + 5)
    return dict(reference=reference.tolist(), current=current.tolist(), edges=edges.tolist(),
                reference_counts=count(reference).tolist(), current_counts=count(current).tolist(),
                psi=float(((a - e) * np.log(a / e)).sum()))


def letters():
    """Maximal sets that hold no separated pair, by trying every subset."""
    cases = []
    for items, density in [(5, 0.4), (6, 0.6), (7, 0.3), (8, 0.5)]:
        pairs = [list(pair) for pair in itertools.combinations(range(items), 2) if RANDOM.random() < density]
        apart = {tuple(pair) for pair in pairs}
        together = [set(of) for size in range(1, items + 1) for of in itertools.combinations(range(items), size)
                    if not any(pair in apart for pair in itertools.combinations(of, 2))]
        maximal = [sorted(group) for group in together if not any(group < other for other in together)]
        cases.append(dict(items=items, apart=pairs, groups=sorted(maximal)))
    return cases


def main():
    versions = dict(numpy=np.__version__, scipy=scipy.__version__, statsmodels=statsmodels.__version__)
    versions.update(r("cat(toJSON(list(R=as.character(getRversion()),pwr=as.character(packageVersion('pwr'))),"
                      "auto_unbox=TRUE))"))
    print(versions)
    document = dict(made_by="tests/reference/make_planning_reference.py", versions=versions, shares=shares(),
                    share_trials=share_trials(), normal=normal(), paired=paired(), areas=areas(),
                    smirnov=smirnov(), homogeneity=homogeneity(), stability=stability(),
                    letters=letters())
    (DATA / "planning.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


main()
