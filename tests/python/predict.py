"""`nnpoisson predict` against a forward pass in NumPy, its finite differences and SciPy's
quadrature.

usage: predict.py PROGRAM RECORDINGS
"""

import csv
import unittest

import h5py
import numpy as np
from exchange import Exchange, run
from network import Network, slope
from scipy.integrate import quad
from scipy.optimize import brentq


def flat(file):
    """Every array of a prediction by its name in an archive."""
    arrays = {}
    with h5py.File(file) as f:
        f.visititems(
            lambda name, item: (
                arrays.update({name.replace("/", "_"): item[()]})
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    return arrays


class Predict(Exchange):
    def setUp(self):
        super().setUp()
        self.model, self.data = self.folder / "true.h5", self.folder / "data.h5"
        run(
            "simulate",
            "known",
            "--trials",
            64,
            "--seed",
            1,
            "--out",
            self.data,
            "--model-out",
            self.model,
        )

    def predict(self, *words):
        out = self.folder / "prediction.h5"
        run("predict", "--model", self.model, "--data", self.data, *words, "--out", out)
        return flat(out)

    def compare(self, p, net, until):
        # Values to 1e-12; derivatives by differences to 2e-9 of the largest; integrals to 1e-9.
        time = p["time"]
        seen = time <= until
        for i, s in enumerate(p["stimulus_value"]):
            pairs = [
                ("region", lambda t: net.neural(s, t, until), seen),
                ("action", lambda t: net.actions(s, t), time <= net.limit),
            ]
            for name, curve, known in pairs:
                cumulative, intensity = p[name + "_cumulative"][i], p[name + "_intensity"][i]
                self.assertTrue(
                    np.isnan(cumulative[:, ~known]).all() and np.isnan(intensity[:, ~known]).all()
                )
                np.testing.assert_allclose(
                    cumulative[:, known], curve(time[known]), rtol=1e-12, atol=1e-12, err_msg=name
                )
                np.testing.assert_allclose(
                    intensity[:, known],
                    slope(curve, time[known]),
                    rtol=0,
                    atol=2e-9 * np.nanmax(intensity),
                    err_msg=name,
                )
            survival = np.exp(-net.actions(s, time).sum(axis=0))
            np.testing.assert_allclose(p["response_survival"][i], survival, rtol=1e-12)
            np.testing.assert_allclose(
                p["response_density"][i], p["action_intensity"][i] * survival, rtol=1e-12
            )
            for a in (0, 1) if i % 4 == 0 else ():
                # The density by its own differences, not by the program's.
                density = lambda t: (
                    slope(lambda x: net.actions(s, x), np.array([t]))[a]
                    * np.exp(-net.actions(s, [t]).sum())
                )[0]
                self.assertAlmostEqual(
                    p["response_probability"][i, a],
                    quad(density, 0, net.limit, epsabs=1e-12, limit=200)[0],
                    delta=1e-9,
                )
            left = np.exp(-net.actions(s, [net.limit]).sum())
            self.assertAlmostEqual(p["response_probability"][i].sum() + left, 1, delta=1e-9)
            median = brentq(
                lambda t: np.exp(-net.actions(s, [t]).sum()) - (1 + left) / 2,
                0,
                net.limit,
                xtol=1e-13,
            )
            self.assertAlmostEqual(p["response_median_time"][i], median, delta=1e-9)

    def test_agrees_with_numpy(self):
        p = self.predict()
        self.assertEqual((len(p["stimulus_value"]), len(p["time"])), (16, 101))
        self.compare(p, Network(self.model), 1)

    def test_neural_curves_end_with_the_trial(self):
        p = self.predict("--times", "0:1:0.05", "--observed-until", 0.6)
        np.testing.assert_allclose(p["time"], np.linspace(0, 1, 21), atol=1e-15)
        self.compare(p, Network(self.model), 0.6)

    def test_formats_hold_the_same(self):
        stimuli = self.folder / "stimuli.csv"
        stimuli.write_text("note,contrast_right,contrast_left\nweak,0.1,0.05\nstrong,0,0.9\n")
        files = [self.folder / ("p" + ending) for ending in (".h5", ".npz", ".csv")]
        for file in files:
            run(
                "predict",
                "--model",
                self.model,
                "--stimuli",
                stimuli,
                "--times",
                "0:0.9:0.3",
                "--observed-until",
                0.7,
                "--out",
                file,
            )
        p = flat(files[0])
        np.testing.assert_array_equal(p["stimulus_value"], [[0.05, 0.1], [0.9, 0]])
        with np.load(files[1], allow_pickle=False) as archive:
            self.assertEqual(set(archive) - {"observed_until"}, set(p))
            for name, values in p.items():
                wanted = np.char.decode(values) if values.dtype.kind == "S" else values
                np.testing.assert_array_equal(archive[name], wanted, name)
        with open(files[2]) as text:
            rows = list(csv.DictReader(text))
        self.assertEqual(len(rows), 8)
        names, K = p["region_name"], len(p["time"])
        for line, row in enumerate(rows):
            s, k = divmod(line, K)
            number = lambda column: float(row[column] or "nan")
            self.assertEqual(
                (number("contrast_left"), number("contrast_right"), number("time (s)")),
                (*p["stimulus_value"][s], p["time"][k]),
            )
            for g, name in enumerate(names):
                np.testing.assert_array_equal(
                    number(name.decode() + " (Hz)"), p["region_intensity"][s, g, k]
                )
                np.testing.assert_array_equal(
                    number(name.decode() + " (cumulative)"), p["region_cumulative"][s, g, k]
                )
            for a, name in enumerate(("left", "right")):
                for column, value in (
                    (" (Hz)", p["action_intensity"][s, a, k]),
                    (" (cumulative)", p["action_cumulative"][s, a, k]),
                    (" density (1/s)", p["response_density"][s, a, k]),
                    (" probability", p["response_probability"][s, a]),
                ):
                    self.assertEqual(number(name + column), value)
            self.assertEqual(number("survival"), p["response_survival"][s, k])
            self.assertEqual(number("median response time (s)"), p["response_median_time"][s])


if __name__ == "__main__":
    unittest.main(argv=["predict"])
