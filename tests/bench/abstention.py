"""Fits the coefficients of `actors/models/confidence.py` and prints them: `python -m tests.bench.abstention`.

Only the tuning half is looked at: for each embedding engine a logistic regression with a ridge (Hoerl & Kennard 1970),
questions weighted so that those with and without an answer count alike. Cross-validated figures come with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, fields

import numpy as np
import numpy.typing as npt

from actors import knobs
from actors.models import confidence, supports
from tests.bench import inquiries

Floats = npt.NDArray[np.float64]

SHARES: Mapping[inquiries.Kind, float] = {"answerable": 0.5, "near": 0.3, "removed": 0.15, "foreign": 0.05}
"""Of the total weight: the hard cases lead, the easy ones keep the regression sane."""
RIDGE = 20.0
FOLDS = 5
REPEATS = 8
REFUSED = 0.07
"""Share of the answerable that the threshold refuses here: the promise is 0.10, 200 questions leave 0.02 of doubt."""


def features(found: Sequence[inquiries.Inquiry], options: knobs.Answering, *, cosines: bool = True) -> Floats:
    """Return (questions, features)."""
    rows = []
    for one in found:
        asked = supports.ask(one.text)
        weighed = supports.weigh(asked, one.vector if cosines else None, one.evidence, options)
        rows.append(astuple(confidence.features(asked, weighed)))
    return np.array(rows, np.float64)


def fit(x: Floats, y: Floats, weights: Floats) -> Floats:
    """Return bias and coefficients for unscaled features, by Newton's method on scaled ones."""
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = np.c_[np.ones(len(x)), (x - mean) / scale]
    ridge = np.diag([0.0, *([RIDGE] * x.shape[1])])
    beta = np.zeros(z.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-z @ beta))
        gradient = z.T @ (weights * (p - y)) + ridge @ beta
        hessian = (z * (weights * p * (1 - p))[:, None]).T @ z + ridge
        beta -= np.linalg.solve(hessian, gradient)
    slopes = beta[1:] / scale
    return np.concatenate([[beta[0] - slopes @ mean], slopes])


def predict(coefficients: Floats, x: Floats) -> Floats:
    """Return probabilities."""
    return np.asarray(1 / (1 + np.exp(-(coefficients[0] + x @ coefficients[1:]))), np.float64)


def balance(kinds: npt.NDArray[np.str_]) -> Floats:
    """Return a weight for each question, so that each kind has its share."""
    counts = {kind: max(1, int((kinds == kind).sum())) for kind in SHARES}
    return np.array([SHARES[kind] * len(kinds) / counts[kind] for kind in kinds.tolist()])


def validated(x: Floats, kinds: npt.NDArray[np.str_]) -> list[Floats]:
    """Return, for each repeat, probabilities given by models that never saw their question."""
    y = (kinds == "answerable").astype(float)
    repeats = []
    for seed in range(REPEATS):
        rng = np.random.default_rng(seed)
        fold = np.zeros(len(x), int)
        for kind in SHARES:
            members = np.flatnonzero(kinds == kind)
            fold[members] = rng.permutation(len(members)) % FOLDS
        given = np.zeros(len(x))
        for held in range(FOLDS):
            rest = fold != held
            given[~rest] = predict(fit(x[rest], y[rest], balance(kinds[rest])), x[~rest])
        repeats.append(given)
    return repeats


def main() -> None:
    """Fit, validate and print."""
    options = knobs.Answering()
    engines: dict[str, Callable[[Sequence[inquiries.Inquiry]], Floats]] = {
        "minilm": lambda found: features(found, options),
        "wordllama": lambda found: features(found, options),
        "hashing": lambda found: features(found, options, cosines=False),
    }
    names = [field.name for field in fields(confidence.Features)]
    for engine, seen in engines.items():
        retrieval = knobs.Retrieval() if engine != "hashing" else knobs.Retrieval(alpha=1.0)
        found = [one for one in inquiries.collect(engine, retrieval, list(SHARES)) if one.tuning]
        kinds = np.array([one.kind for one in found])
        x, y = seen(found), (kinds == "answerable").astype(float)
        repeats = validated(x, kinds)
        thresholds = [np.quantile(given[y == 1], REFUSED, method="lower") for given in repeats]
        refused = {
            kind: np.mean([(given[kinds == kind] < at).mean() for given, at in zip(repeats, thresholds, strict=True)])
            for kind in SHARES
        }
        coefficients = fit(x, y, balance(kinds))
        final = predict(coefficients, x)
        print(f"── {engine}: cross-validated share refused", {kind: f"{share:.2f}" for kind, share in refused.items()})
        print(f"   bias {coefficients[0]:.3f}")
        for name, value in zip(names, coefficients[1:], strict=True):
            print(f"   {name}={value:.3f},")
        print(f"   threshold {np.quantile(final[y == 1], REFUSED, method='lower'):.3f}", flush=True)


if __name__ == "__main__":
    main()
