"""`nnpoisson correlations` against NumPy, scikit-learn and SciPy: the recording's statistics from
its own arrays, the model's by integrals over the response time of a forward pass in NumPy.

usage: correlations.py PROGRAM RECORDINGS
"""

import itertools
import json
import unittest
import warnings

import h5py
import numpy as np
from exchange import Exchange, run
from network import Network, slope
from scipy.stats import poisson
from sklearn.metrics import roc_auc_score

WINDOWS = (0, 1), (0.1, 0.45)


class Recording:
    def __init__(self, path):
        with h5py.File(path) as f:
            self.regions = [name.decode() for name in f["region/name"][()]]
            self.stimulus, self.session, self.choice = (
                f["trial/" + name][()] for name in ("stimulus", "session", "choice")
            )
            self.until, self.response = f["trial/observed_until"][()], f["trial/response_time"][()]
            self.unit_session, self.unit_region, self.unit_id = (
                f["unit/" + name][()] for name in ("session", "region", "id")
            )
            self.offset, self.time, self.unit = (
                f["spike/" + name][()] for name in ("offset", "time", "unit")
            )

    def counts(self, window):
        counts = np.zeros((len(self.session), len(self.unit_id)))
        for n, (first, last) in enumerate(zip(self.offset, self.offset[1:])):
            seen = (self.time[first:last] >= window[0]) & (self.time[first:last] < window[1])
            np.add.at(counts[n], self.unit[first:last][seen], 1)
        return counts

    def groups(self, session, window):
        """Trials of a session that reach the window, by stimulus."""
        own = np.nonzero((self.session == session) & (self.until > window[0]))[0]
        stimuli, which = np.unique(self.stimulus[own], axis=0, return_inverse=True)
        return [(stimulus, own[which.ravel() == k]) for k, stimulus in enumerate(stimuli)]

    def sides(self, trials):
        answered = trials[self.response[trials] <= 1]
        return answered[self.choice[answered] > 0], answered[self.choice[answered] < 0]


class Correlations(Exchange):
    @classmethod
    def setUpClass(cls):
        import pathlib
        import tempfile

        cls.kept = tempfile.TemporaryDirectory()
        cls.model, cls.data = (
            pathlib.Path(cls.kept.name) / name for name in ("true.h5", "data.h5")
        )
        run(
            "simulate",
            "known",
            "--trials",
            480,
            "--seed",
            3,
            "--out",
            cls.data,
            "--model-out",
            cls.model,
        )
        words = [word for window in WINDOWS for word in ("--window", "%g:%g" % window)]
        cls.windows = json.loads(
            run(
                "correlations",
                "--model",
                cls.model,
                "--data",
                cls.data,
                "--units",
                "--json",
                *words
            )
        )["windows"]
        cls.recording, cls.net = Recording(cls.data), Network(cls.model)

    @classmethod
    def tearDownClass(cls):
        cls.kept.cleanup()

    def close(self, estimate, value, digits):
        self.assertAlmostEqual(np.nan if estimate is None else estimate, value, delta=10.0**-digits)

    def test_observed_correlations(self):
        # np.corrcoef of residuals, to 12 digits; mean over pairs of units, over sessions by their
        # numbers.
        rec = self.recording
        for window, found in zip(WINDOWS, self.windows):
            counts = rec.counts(window)
            sums = {}
            for session in range(4):
                groups = [trials for _, trials in rec.groups(session, window) if len(trials) > 1]
                residuals = np.concatenate(
                    [counts[trials] - counts[trials].mean(axis=0) for trials in groups]
                )
                freedom = sum(len(trials) - 1 for trials in groups)
                own = np.nonzero(rec.unit_session == session)[0]
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # a unit without spikes
                    matrix = np.corrcoef(residuals[:, own].T)
                members = [np.nonzero(rec.unit_region[own] == g)[0] for g in range(6)]
                for g, h in itertools.combinations_with_replacement(range(6), 2):
                    pairs = [
                        matrix[i, j]
                        for i in members[g]
                        for j in members[h]
                        if (i < j if g == h else True)
                    ]
                    pairs = [rho for rho in pairs if not np.isnan(rho)]
                    both = sums.setdefault((g, h), [[], []])
                    both[0] += pairs
                    if g != h and len(members[g]) and len(members[h]):
                        rho = np.corrcoef(
                            residuals[:, own[members[g]]].sum(axis=1),
                            residuals[:, own[members[h]]].sum(axis=1),
                        )[0, 1]
                        both[1].append((rho, freedom))
            for pair in found["noise_correlation"]:
                units, populations = sums[tuple(map(rec.regions.index, pair["regions"]))]
                self.assertEqual(pair["unit_pairs"], len(units))
                if units:
                    self.close(pair["units"]["observed"]["value"], np.mean(units), 12)
                if populations:
                    self.close(
                        pair["populations"]["observed"]["value"],
                        np.average(
                            [rho for rho, _ in populations],
                            weights=[freedom for _, freedom in populations],
                        ),
                        12,
                    )
                else:
                    self.assertIsNone(pair["populations"]["observed"]["value"])

    def test_observed_choice_probabilities(self):
        # roc_auc_score at each stimulus, to 12 digits; standard errors by DeLong's placements.
        rec = self.recording
        for window, found in zip(WINDOWS, self.windows):
            counts = rec.counts(window)
            for unit in found["units"]:
                u = list(rec.unit_id).index(unit["id"])
                self.assertEqual(unit["region"], rec.regions[rec.unit_region[u]])
                area, variance, total = 0, 0, 0
                for _, trials in rec.groups(rec.unit_session[u], window):
                    left, right = rec.sides(trials)
                    if min(len(left), len(right)) < 2:
                        continue
                    x, y = counts[left, u], counts[right, u]
                    weight = len(x) * len(y) / (len(x) + len(y) + 1)
                    area += weight * roc_auc_score(
                        [1] * len(x) + [0] * len(y), np.concatenate([x, y])
                    )
                    wins = (x[:, None] > y) + 0.5 * (x[:, None] == y)
                    variance += weight**2 * (
                        wins.mean(axis=1).var(ddof=1) / len(x)
                        + wins.mean(axis=0).var(ddof=1) / len(y)
                    )
                    total += weight
                self.close(unit["choice_probability"]["observed"]["value"], area / total, 12)
                self.close(
                    unit["choice_probability"]["observed"]["standard_error"],
                    np.sqrt(variance) / total,
                    12,
                )

    def nodes(self, stimulus, window):
        """r, p(left, r), p(right, r) and the expected counts of regions given r, on a fine grid of
        r (trapezoids); last: no response."""
        net = self.net
        r = np.unique(
            np.concatenate(
                [
                    np.linspace(max(a, 1e-4), b, 801)
                    for a, b in ((window[0], window[1]), (window[1], 1))
                    if b > a
                ]
            )
        )
        weight = np.zeros_like(r)
        weight[:-1] += np.diff(r) / 2
        weight[1:] += np.diff(r) / 2
        density = (
            slope(lambda t: net.actions(stimulus, t), r)
            * np.exp(-net.actions(stimulus, r).sum(axis=0))
            * weight
        )
        left, right = density
        none = np.exp(-net.actions(stimulus, [1]).sum())
        until = np.append(r, 1)
        mean = np.array(
            [
                np.diff(net.neural(stimulus, [window[0], min(window[1], T)], T), axis=1)[:, 0]
                for T in until
            ]
        )
        return np.append(left, 0), np.append(right, 0), np.append(left + right, none), mean

    def test_model(self):
        # Trapezoids with 800 steps a piece: 5 digits.
        rec = self.recording
        window, found = WINDOWS[1], self.windows[1]
        session = 0
        counts = np.bincount(rec.unit_region[rec.unit_session == session], minlength=6)
        found = json.loads(self.one_session(session, window))["windows"][0]
        covariance, variance, areas, total = np.zeros((6, 6)), np.zeros(6), np.zeros((2, 6)), 0
        for stimulus, trials in rec.groups(session, window):
            left, right, any, mean = self.nodes(stimulus, window)
            if len(trials) > 1:
                p = any / any.sum()
                deviation = mean - p @ mean
                covariance += (len(trials) - 1) * (deviation.T * p) @ deviation
                variance += (len(trials) - 1) * (p @ mean)
            sides = rec.sides(trials)
            if min(map(len, sides)) < 2:
                continue
            weight = np.prod(list(map(len, sides))) / (sum(map(len, sides)) + 1)
            total += weight
            for g in range(6):
                for kind, N in ((0, 1), (1, counts[g])):
                    n = np.arange(200)
                    x, y = (
                        side / side.sum() @ poisson.pmf(n, N * mean[:, g, None])
                        for side in (left, right)
                    )
                    areas[kind, g] += weight * (x @ (np.cumsum(y) - y / 2))
        for pair in found["noise_correlation"]:
            g, h = map(rec.regions.index, pair["regions"])
            if pair["unit_pairs"]:
                own = covariance.diagonal() + variance
                self.close(pair["units"]["implied"], covariance[g, h] / np.sqrt(own[g] * own[h]), 5)
            if g != h and counts[g] and counts[h]:
                own = counts**2 * covariance.diagonal() + counts * variance
                self.close(
                    pair["populations"]["implied"],
                    counts[g] * counts[h] * covariance[g, h] / np.sqrt(own[g] * own[h]),
                    5,
                )
        for g, region in enumerate(found["choice_probability"]):
            if counts[g]:
                self.close(region["mean_unit"]["implied"], areas[0, g] / total, 5)
                self.close(region["population"]["implied"], areas[1, g] / total, 5)

    def one_session(self, session, window):
        """The program's answer for the trials of one session."""
        part = self.folder / "part.h5"
        with h5py.File(self.data) as f, h5py.File(part, "w") as out:
            own = np.nonzero(f["trial/session"][()] == session)[0]
            self.assertEqual(own[-1] - own[0], len(own) - 1)
            first, last = f["spike/offset"][own[0]], f["spike/offset"][own[-1] + 1]
            for name, value in f.attrs.items():
                out.attrs[name] = value
            for name in ("session", "region", "stimulus"):
                out[name + "/name"] = f[name + "/name"][()]
            for name in f["trial"]:
                out["trial/" + name] = f["trial/" + name][own[0] : own[-1] + 1]
            for name in f["unit"]:
                out["unit/" + name] = f["unit/" + name][()]
            out["spike/offset"] = f["spike/offset"][own[0] : own[-1] + 2] - first
            for name in ("time", "unit"):
                out["spike/" + name] = f["spike/" + name][first:last]
        return run(
            "correlations",
            "--model",
            self.model,
            "--data",
            part,
            "--window",
            "%g:%g" % window,
            "--json",
        )


if __name__ == "__main__":
    unittest.main(argv=["correlations"])
