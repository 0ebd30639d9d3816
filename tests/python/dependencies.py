"""`nnpoisson dependencies` against NumPy and SciPy: contributions by finite differences of the
heads along the path of z, shares and lesions by quadrature, all from the model file alone.

usage: dependencies.py PROGRAM RECORDINGS
"""

import json
import unittest

import h5py
import numpy as np
from exchange import Exchange, run
from network import FLOOR, Network, slope
from scipy.integrate import cumulative_simpson, quad
from scipy.optimize import brentq


class Dependencies(Exchange):
    def setUp(self):
        super().setUp()
        self.model, self.data = self.folder / "true.h5", self.folder / "data.h5"
        # 22 trials: stimuli do not all weigh the same.
        run(
            "simulate",
            "known",
            "--trials",
            22,
            "--seed",
            1,
            "--out",
            self.data,
            "--model-out",
            self.model,
        )
        self.net = Network(self.model)
        with h5py.File(self.data) as f:
            self.stimuli, self.trials = np.unique(
                f["trial/stimulus"][()], axis=0, return_counts=True
            )
        self.weight = self.trials / self.trials.sum()

    def dependencies(self, *words):
        return json.loads(
            run(
                "dependencies",
                "--model",
                self.model,
                "--data",
                self.data,
                "--steps",
                20,
                *words,
                "--json"
            )
        )

    def mean(self, curve):
        """Over trials, of curve(stimulus)."""
        return sum(w * curve(s) for w, s in zip(self.weight, self.stimuli))

    def drive(self, s, t):
        """dF_a/dz_g dz_g/dt by differences of both, [2, G, len(t)]."""
        net, t = self.net, np.atleast_1d(t)
        z, dz = net.z(s, t), slope(lambda x: net.z(s, x).T, t)
        moved = lambda g: (lambda x: net.heads(z + x[:, None] * np.eye(z.shape[1])[g]))
        return np.stack(
            [slope(moved(g), np.zeros(len(t))) * dz[g] for g in range(z.shape[1])], axis=1
        )

    def test_contributions(self):
        d, net = self.dependencies(), self.net
        time = np.array(d["time"])
        found = {
            kind: np.array(
                [[region[a][kind]["mean"] for region in d["regions"]] for a in ("left", "right")]
            )
            for kind in ("drive", "contribution", "share")
        }
        hazard = np.array([d["actions"][a]["cumulative_hazard"]["mean"] for a in ("left", "right")])
        wanted = self.mean(lambda s: net.heads(net.z(s, time)) - net.heads(net.z(s, [0])))
        np.testing.assert_allclose(hazard, wanted, rtol=0, atol=1e-12)
        # They sum to the hazard, as far as the quadrature goes.
        np.testing.assert_allclose(
            found["contribution"].sum(axis=1), hazard, rtol=0, atol=1e-9 * hazard.max()
        )
        np.testing.assert_allclose(
            found["drive"],
            self.mean(lambda s: self.drive(s, time)),
            rtol=0,
            atol=1e-8 * found["drive"].max(),
        )
        # Integrals by Simpson's rule on 400 steps.
        fine = np.linspace(0, net.limit, 401)
        fine_drive = [self.drive(s, fine) for s in self.stimuli]
        cumulative = lambda x: cumulative_simpson(x, x=fine, initial=0)
        total = sum(w * cumulative(x) for w, x in zip(self.weight, fine_drive))[..., ::20]
        np.testing.assert_allclose(found["contribution"], total, rtol=0, atol=1e-6 * total.max())
        survival = [np.exp(-net.actions(s, fine).sum(axis=0)) for s in self.stimuli]
        through = np.array([cumulative(x * S)[..., -1] for x, S in zip(fine_drive, survival)])
        share = np.tensordot(self.weight, through, 1)
        np.testing.assert_allclose(
            found["share"], share / share.sum(axis=1, keepdims=True), rtol=0, atol=1e-6
        )
        np.testing.assert_allclose(found["share"].sum(axis=1), 1, rtol=0, atol=1e-12)
        for s, stimulus in enumerate(d["stimuli"]):
            np.testing.assert_array_equal(stimulus["stimulus"], self.stimuli[s])
            self.assertEqual(stimulus["trials"], self.trials[s])
            own = np.array([stimulus["share"][a]["mean"] for a in ("left", "right")])
            np.testing.assert_allclose(
                own, through[s] / through[s].sum(axis=1, keepdims=True), rtol=0, atol=1e-6
            )

    def test_regions(self):
        d, net = self.dependencies(), self.net
        time = np.array(d["time"])
        each = np.array([slope(lambda t: net.z(s, t).T, time) + FLOOR for s in self.stimuli])
        mean = np.tensordot(self.weight, each, 1)
        spread = np.sqrt(np.tensordot(self.weight, (each - mean) ** 2, 1))
        for g, region in enumerate(d["regions"]):
            np.testing.assert_allclose(
                region["intensity"]["mean"], mean[g], rtol=0, atol=1e-8 * mean.max()
            )
            np.testing.assert_allclose(
                region["sensitivity"]["mean"], spread[g], rtol=0, atol=1e-8 * mean.max()
            )
            change = np.abs(mean[g] - mean[g, 0])
            k = np.argmax(change >= change.max() / 2)
            onset = np.interp(change.max() / 2, change[k - 1 : k + 1], time[k - 1 : k + 1])
            self.assertAlmostEqual(region["onset"]["mean"], onset, delta=1e-6)
        onsets = {region["name"]: region["onset"]["mean"] for region in d["regions"]}
        self.assertEqual(d["by_onset"], sorted(onsets, key=onsets.get))
        for a in ("left", "right"):
            share = {region["name"]: region[a]["share"]["mean"] for region in d["regions"]}
            self.assertEqual(d["by_influence"][a], sorted(share, key=share.get, reverse=True))

    def response(self, hazards):
        """P(left | response), median response time of cumulative hazards(t) [2, len(t)]."""
        limit = self.net.limit
        total = lambda t: hazards(np.atleast_1d(t)).sum(axis=0)
        survival = np.exp(-total(limit))[0]
        left = quad(
            lambda t: (slope(hazards, np.array([t]))[0] * np.exp(-total(t)))[0],
            0,
            limit,
            epsabs=1e-10,
        )[0]
        median = brentq(lambda t: np.exp(-total(t))[0] - (1 + survival) / 2, 0, limit, xtol=1e-12)
        return left / (1 - survival), median

    def lesions(self, kind, held):
        """`held(g, t)`: what region g's z is held at."""
        d, net = self.dependencies("--lesion", kind), self.net
        changes = np.zeros((6, 2))
        for s, stimulus in enumerate(d["stimuli"]):
            if s % 8 == 0:
                intact = self.response(lambda t: net.actions(self.stimuli[s], t))
                self.assertAlmostEqual(stimulus["left"]["mean"], intact[0], delta=1e-7)
                self.assertAlmostEqual(stimulus["median_time"]["mean"], intact[1], delta=1e-7)
            for g in (2, 5) if s % 8 == 0 else ():

                def hazards(t):
                    b = []
                    for times in (t, np.zeros(1)):
                        z = net.z(self.stimuli[s], times)
                        z[:, g] = held(g, times)
                        b.append(net.heads(z))
                    return b[0] - b[1] + FLOOR * t

                left, median = self.response(hazards)
                self.assertAlmostEqual(stimulus["lesions"][g]["left"]["mean"], left, delta=1e-7)
                self.assertAlmostEqual(
                    stimulus["lesions"][g]["median_time"]["mean"], median, delta=1e-7
                )
            changes += self.weight[s] * np.array(
                [
                    [
                        abs(lesion["left"]["mean"] - stimulus["left"]["mean"]),
                        lesion["median_time"]["mean"] - stimulus["median_time"]["mean"],
                    ]
                    for lesion in stimulus["lesions"]
                ]
            )
        for region, (choice, median) in zip(d["regions"], changes):
            self.assertAlmostEqual(region["choice_change"]["mean"], choice, delta=1e-12)
            self.assertAlmostEqual(region["median_change"]["mean"], median, delta=1e-12)

    def test_lesions_to_the_mean_over_stimuli(self):
        self.lesions("stimulus", lambda g, t: self.mean(lambda s: self.net.z(s, t))[:, g])

    def test_lesions_to_a_constant(self):
        fine = np.linspace(0, self.net.limit, 2001)
        z = self.mean(lambda s: self.net.z(s, fine))
        mean = (z[1:] + z[:-1]).mean(axis=0) / 2
        self.lesions("constant", lambda g, t: mean[g])

    def test_spread_over_models(self):
        run(
            "train",
            "--quiet",
            "--preset",
            "exact",
            "--train",
            self.data,
            "--set",
            "train.iterations=2",
            "--out",
            self.folder / "run",
        )
        one = self.dependencies()
        both = self.dependencies("--model", self.folder / "run/model.h5")
        two = json.loads(
            run(
                "dependencies",
                "--model",
                self.folder / "run/model.h5",
                "--data",
                self.data,
                "--steps",
                20,
                "--json",
            )
        )
        self.assertEqual((one["models"], both["models"]), (1, 2))
        for g in range(6):
            for path in (
                ("left", "share"),
                ("right", "contribution"),
                ("choice_change",),
                ("intensity",),
            ):
                a, b, c = (
                    [d["regions"][g][path[0]], d["regions"][g][path[0]].get(path[-1])][
                        len(path) - 1
                    ]
                    for d in (one, two, both)
                )
                values = np.array([a["mean"], b["mean"]])
                np.testing.assert_allclose(c["mean"], values.mean(axis=0), rtol=1e-12, atol=1e-15)
                np.testing.assert_allclose(
                    c["standard_error"],
                    values.std(axis=0, ddof=1) / np.sqrt(2),
                    rtol=1e-9,
                    atol=1e-15,
                )
                self.assertTrue(np.all(np.array(a["standard_error"], object) == None))


if __name__ == "__main__":
    unittest.main(argv=["dependencies"])
