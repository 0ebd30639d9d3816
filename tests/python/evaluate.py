"""`nnpoisson evaluate` against NumPy, SciPy, statsmodels and scikit-learn on the same arrays: the
network computed again from its weights, every metric and every simpler model by another's code.

usage: evaluate.py PROGRAM RECORDINGS
"""

import json
import pathlib
import tempfile
import unittest

import h5py
import numpy as np
import scipy.integrate
import scipy.optimize
import scipy.special
import scipy.stats
import statsmodels.api as sm
from exchange import run
from scipy.special import expit
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from statsmodels.stats.proportion import proportion_confint

FLOOR = 1e-5  # Hz
BASES, BINS, RESAMPLES = 8, 25, 1000


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


class Network:
    """The monotone network of docs/architecture.md and its derivative in time, from the weights of
    model.h5."""

    def __init__(self, file):
        with h5py.File(file) as h5:
            flat, at = h5["nnpoisson/parameters"][()], 0
            self.limit = h5["nnpoisson"].attrs["time_limit"]
            self.w = {}
            for layer in (
                "neuro0",
                "neuro1",
                "neuro2",
                "neuro3",
                "neuro4",
                "neuro5",
                "neuro6",
                "beh0",
                "beh2",
                "beh1",
                "beh3",
            ):
                for kind in "kernel", "bias":
                    if f"{kind}:0" in h5[layer][layer]:
                        shape = h5[layer][layer][f"{kind}:0"].shape
                        self.w[layer, kind] = flat[at : at + np.prod(shape)].reshape(shape)
                        at += np.prod(shape)
            assert at == len(flat)

    def dense(self, layer, x):
        return x @ self.w[layer, "kernel"] + self.w[layer, "bias"]

    def regions(self, stimulus, time):
        """z and dz/dt, [points, regions], of stimuli [points, F] at times [points]."""
        h3 = self.dense(
            "neuro2", softplus(self.dense("neuro1", softplus(self.dense("neuro0", stimulus))))
        )
        a = self.w["neuro3", "kernel"]
        m = np.tanh(h3 + time[:, None] * a)
        n1 = np.tanh(self.dense("neuro4", m))
        dn1 = (1 - n1**2) * (((1 - m**2) * a) @ self.w["neuro4", "kernel"])
        n2 = np.tanh(n1)
        v, dv = self.dense("neuro6", n2), ((1 - n2**2) * dn1) @ self.w["neuro6", "kernel"]
        return softplus(v), expit(v) * dv

    def spikes(self, stimulus, time, until):
        """Lambda and lambda of every region in trials of that length."""
        scale = self.limit / until
        z, dz = self.regions(stimulus, scale * time)
        start, _ = self.regions(stimulus, 0 * time)
        return (z - start) / scale[:, None] + FLOOR * time[:, None], dz + FLOOR

    def actions(self, stimulus, time):
        """Cumulative hazards and hazards, [points, 2], left and right."""
        z, dz = self.regions(stimulus, time)
        start, _ = self.regions(stimulus, 0 * time)
        cumulative, hazard = [], []
        for first, second in ("beh0", "beh1"), ("beh2", "beh3"):
            value = []
            for at in z, start:
                hidden = np.tanh(self.dense(first, at))
                value.append((hidden, self.dense(second, hidden)[:, 0]))
            (hidden, x), (_, x0) = value
            dx = (((1 - hidden**2) * (dz @ self.w[first, "kernel"])) @ self.w[second, "kernel"])[
                :, 0
            ]
            cumulative.append(softplus(x) - softplus(x0) + FLOOR * time)
            hazard.append(expit(x) * dx + FLOOR)
        return np.stack(cumulative, 1), np.stack(hazard, 1)


class Data:
    def __init__(self, file):
        with h5py.File(file) as h5:
            read = lambda path: h5[path][()]
            self.limit = h5.attrs["time_limit"]
            self.session, self.stimulus = read("trial/session"), read("trial/stimulus").astype(
                float
            )
            self.response, self.choice, self.until = (
                read("trial/response_time"),
                read("trial/choice"),
                read("trial/observed_until"),
            )
            self.unit_session, self.unit_region = read("unit/session"), read("unit/region")
            offset, self.time, self.unit = (
                read("spike/offset"),
                read("spike/time"),
                read("spike/unit"),
            )
        self.trial = np.repeat(np.arange(len(self.until)), np.diff(offset))
        self.region = self.unit_region[self.unit]
        self.answered = (self.choice != 0) & (self.response <= self.limit)
        self.waited = np.where(
            np.isnan(self.response), self.until, np.minimum(self.response, self.limit)
        )
        self.regions = self.unit_region.max() + 1
        self.edges = np.linspace(0, self.limit, BINS + 1)
        # Cells: a unit, a trial of its session, a bin.
        self.cell_unit, self.cell_trial = np.nonzero(
            self.unit_session[:, None] == self.session[None, :]
        )
        row = -np.ones((len(self.unit_session), len(self.until)), int)
        row[self.cell_unit, self.cell_trial] = np.arange(len(self.cell_unit))
        self.counts = np.zeros((len(self.cell_unit), BINS))
        np.add.at(
            self.counts,
            (row[self.unit, self.trial], np.searchsorted(self.edges, self.time, "right") - 1),
            1,
        )
        self.cell_region = self.unit_region[self.cell_unit]
        self.exposure = np.clip(
            self.until[:, None] - self.edges[None, :-1], 0, self.limit / BINS
        )  # [trials, bins]


def raised_cosines(middle, limit):
    x = middle[:, None] / (limit / (BASES - 1)) - np.arange(BASES)
    return np.where(np.abs(x) < 1, (1 + np.cos(np.pi * x)) / 2, 0)


class Evaluate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        held = tempfile.TemporaryDirectory()
        cls.addClassCleanup(held.cleanup)
        folder = pathlib.Path(held.name)
        run(
            "simulate",
            "known",
            "--trials",
            360,
            "--seed",
            4,
            "--out",
            folder / "all.h5",
            "--model-out",
            folder / "true.h5",
        )
        run(
            "split",
            folder / "all.h5",
            "--test",
            0.5,
            "--seed",
            1,
            "--out-train",
            folder / "train.h5",
            "--out-test",
            folder / "test.h5",
        )
        words = [
            "evaluate",
            "--model",
            folder / "true.h5",
            "--data",
            folder / "test.h5",
            "--train",
            folder / "train.h5",
            "--json",
        ]
        cls.result = json.loads(
            run(*words, "--ridge", 0, "--rival-ridge", 0, "--resamples", RESAMPLES)
        )
        cls.ridged = json.loads(run(*words, "--resamples", 0, "--ridge", 1, "--rival-ridge", 0.5))
        cls.train, cls.test, cls.network = (
            Data(folder / "train.h5"),
            Data(folder / "test.h5"),
            Network(folder / "true.h5"),
        )
        test = cls.test
        big, small = cls.network.spikes(
            test.stimulus[test.trial], test.time, test.until[test.trial]
        )
        each = np.arange(len(test.time))
        cls.spike_cumulative, cls.spike_intensity = big[each, test.region], small[each, test.region]
        edges = [
            cls.network.spikes(test.stimulus, np.minimum(edge, test.until), test.until)[0]
            for edge in test.edges
        ]
        cls.edges = np.stack(edges, 2)  # [trials, regions, bins + 1]
        cls.expected = np.diff(cls.edges)[test.cell_trial, test.cell_region]

    def same(self, ours, theirs, digits=9):
        np.testing.assert_allclose(
            np.asarray(ours, float), theirs, rtol=10.0**-digits, atol=10.0**-digits
        )

    def piecewise(self, rate):
        """Log-likelihood by region and expected counts of cells, of rates [trials, regions,
        bins]."""
        test = self.test
        spike = rate[test.trial, test.region, np.searchsorted(test.edges, test.time, "right") - 1]
        expected = (rate * test.exposure[:, None, :])[test.cell_trial, test.cell_region]
        return (
            np.bincount(test.region, np.log(spike))
            - np.bincount(test.cell_region, expected.sum(1)),
            expected,
        )

    def check_scores(self, name, log_likelihood, expected):
        """Of one model beside the constant rate, by region: bits a spike and pseudo-R2, the
        deviance from statsmodels."""
        result, train, test, poisson = self.result, self.train, self.test, sm.families.Poisson()
        rate = np.bincount(train.region) / np.bincount(
            train.unit_region, np.bincount(train.session, train.until)[train.unit_session]
        )
        null, null_expected = self.piecewise(
            np.broadcast_to(rate[None, :, None], (len(test.until), test.regions, BINS))
        )
        for g, region in enumerate(result["regions"]):
            own, scores = test.cell_region == g, region["models"][name]
            self.same(scores["log_likelihood"], log_likelihood[g])
            self.same(region["models"]["constant"]["log_likelihood"], null[g])
            self.same(
                scores["bits_per_spike"]["value"],
                (log_likelihood[g] - null[g]) / np.log(2) / (test.region == g).sum(),
            )
            seen = test.exposure[test.cell_trial[own]] > 0
            deviance, null_deviance = (
                poisson.deviance(test.counts[own][seen], mu[own][seen])
                for mu in (expected, null_expected)
            )
            self.same(scores["deviance"], deviance, 8)
            self.same(scores["pseudo_r2"]["value"], 1 - deviance / null_deviance, 8)

    def test_network(self):
        test = self.test
        log_likelihood = np.bincount(test.region, np.log(self.spike_intensity)) - np.bincount(
            test.cell_region, self.expected.sum(1)
        )
        self.check_scores("network", log_likelihood, self.expected)
        unit = np.bincount(
            test.unit, np.log(self.spike_intensity), len(test.unit_region)
        ) - np.bincount(test.cell_unit, self.expected.sum(1))
        self.same([u["models"]["network"]["log_likelihood"] for u in self.result["units"]], unit)
        terms = {term["name"]: term["log_likelihood"] for term in self.result["joint"]}
        self.same(terms["total"], log_likelihood.sum() + self.action_log_likelihood().sum())
        self.same([terms["left"], terms["right"]], self.action_log_likelihood().sum(0))

    def test_time_rescaling(self):
        test, rescaled = self.test, np.empty(len(self.test.time))
        last = {}
        for i in range(len(test.time)):  # ascending within a trial
            key = test.trial[i], test.unit[i]
            start = last.get(key, 0)
            left = self.edges[test.trial[i], test.region[i], -1] - start
            rescaled[i] = (1 - np.exp(start - self.spike_cumulative[i])) / (1 - np.exp(-left))
            last[key] = self.spike_cumulative[i]
        for g, region in enumerate(self.result["regions"]):
            own = np.sort(rescaled[test.region == g])
            self.same(region["ks"], scipy.stats.kstest(own, "uniform").statistic)
            # The band is the limit distribution's with Stephens' correction; SciPy has the exact
            # one.
            np.testing.assert_allclose(
                region["ks_band"], scipy.stats.kstwo(len(own)).ppf(0.95), rtol=5e-3
            )
            plot = region["quantiles"]
            self.same(
                plot["rescaled"],
                own[np.round(np.array(plot["uniform"]) * len(own) - 0.5).astype(int)],
            )
        for u, unit in enumerate(self.result["units"]):
            self.same(unit["ks"], scipy.stats.kstest(rescaled[test.unit == u], "uniform").statistic)

    def design(self, data):
        """Rows of the GLM: trials of a region's sessions by bins; bases alone, then times each
        feature."""
        middle = (data.edges[:-1] + data.edges[1:]) / 2
        features = np.column_stack([np.ones(len(data.until)), data.stimulus])
        return np.einsum("bj,nf->nbjf", raised_cosines(middle, data.limit), features).reshape(
            len(data.until), BINS, -1
        )

    def glm_tables(self, g):
        train = self.train
        own = train.cell_region == g
        counts, units = np.zeros((len(train.until), BINS)), np.bincount(
            train.cell_trial[own], minlength=len(train.until)
        )
        np.add.at(counts, train.cell_trial[own], train.counts[own])
        exposure = units[:, None] * train.exposure
        return counts, exposure, counts.sum() / exposure.sum()

    def test_glm(self):
        rate = np.empty((len(self.test.until), self.test.regions, BINS))
        fits = self.result["glm"]["sets"][0]
        for g in range(self.test.regions):
            counts, exposure, constant = self.glm_tables(g)
            seen = exposure > 0
            fit = sm.GLM(
                counts[seen],
                self.design(self.train)[seen],
                family=sm.families.Poisson(),
                offset=np.log(constant * exposure[seen]),
            ).fit(tol=1e-14, maxiter=100)
            self.same(fits["coefficients"][g], fit.params, 6)
            # statsmodels' is of counts: log y! and y log exposure lie between.
            between = (
                counts[seen] * np.log(exposure[seen]) - scipy.special.gammaln(counts[seen] + 1)
            ).sum()
            self.same(fits["log_likelihood"][g], fit.llf - between, 9)
            rate[:, g] = constant * np.exp(self.design(self.test) @ fit.params)
        self.check_scores("glm", *self.piecewise(rate))

    def test_glm_with_ridge(self):
        fits = self.ridged["glm"]["sets"][0]
        x = self.design(self.train).reshape(len(self.train.until) * BINS, -1)
        for g in range(self.test.regions):
            counts, exposure, constant = self.glm_tables(g)
            y, e = counts.ravel(), constant * exposure.ravel()

            def loss(w):
                mu = e * np.exp(x @ w)
                return mu.sum() - y @ (x @ w) + w @ w / 2, x.T @ (mu - y) + w

            best = scipy.optimize.minimize(
                loss,
                np.zeros(x.shape[1]),
                jac=True,
                method="L-BFGS-B",
                options={"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-8},
            )
            self.same(fits["coefficients"][g], best.x, 4)
            self.same(
                fits["log_likelihood"][g],
                y @ (x @ best.x) + y.sum() * np.log(constant) - (e * np.exp(x @ best.x)).sum(),
                6,
            )

    def test_stimulus_psth(self):
        rate = np.empty((len(self.test.until), self.test.regions, BINS))
        for g in range(self.test.regions):
            counts, exposure, constant = self.glm_tables(g)
            by_time = (counts.sum(0) + 1) / (exposure.sum(0) + 1 / constant)
            for n, stimulus in enumerate(self.test.stimulus):
                same = (self.train.stimulus == stimulus).all(1)
                rate[n, g] = (counts[same].sum(0) + 1) / (exposure[same].sum(0) + 1 / by_time)
        self.check_scores("psth", *self.piecewise(rate))

    def test_peristimulus_rates(self):
        test, groups = self.test, self.result["groups"]
        difference = test.stimulus[:, 0] - test.stimulus[:, 1]
        times = np.sort(test.response[test.choice != 0])
        thirds = [times[k * len(times) // 3 : (k + 1) * len(times) // 3] for k in range(3)]
        members = [np.ones(len(difference), bool)] + [
            difference == d for d in np.unique(difference)
        ]
        members += [test.choice > 0, test.choice < 0] + (
            [test.choice == 0] if (test.choice == 0).any() else []
        )
        members += [np.isin(test.response, third) for third in thirds]
        self.assertEqual([g["trials"] for g in groups], [m.sum() for m in members])
        self.assertEqual([g["grouping"] for g in groups].count("response time"), 3)
        for g, region in enumerate(self.result["regions"]):
            for own, psth in zip(members, region["psth"]):
                cells = (test.cell_region == g) & own[test.cell_trial]
                by_trial = lambda values: np.stack(
                    [
                        np.bincount(test.cell_trial[cells], values[cells][:, b], len(own))
                        for b in range(BINS)
                    ],
                    1,
                )
                exposure, seen, expected = (
                    by_trial(v)
                    for v in (test.exposure[test.cell_trial], test.counts, self.expected)
                )
                with np.errstate(all="ignore"):
                    rate = seen.sum(0) / exposure.sum(0)
                    n = (exposure > 0).sum(0)
                    error = np.sqrt(
                        ((seen - rate * exposure) ** 2).sum(0) * n / (n - 1)
                    ) / exposure.sum(0)
                    wanted = [
                        exposure.sum(0),
                        rate,
                        np.where(n > 1, error, np.nan),
                        expected.sum(0) / exposure.sum(0),
                    ]
                for key, values in zip(
                    ("exposure", "observed", "standard_error", "predicted"), wanted
                ):
                    self.same(psth[key], values, 8)

    def action_log_likelihood(self):
        test = self.test
        cumulative, hazard = self.network.actions(test.stimulus, test.waited)
        chosen = np.stack([test.answered & (test.choice > 0), test.answered & (test.choice < 0)], 1)
        return np.where(chosen, np.log(hazard), 0) - cumulative

    def incidence(self):
        """Cumulative incidence of left and right, [trials, times, 2], by the trapezium rule on a
        fine grid."""
        time = np.linspace(0, self.test.limit, 64 * 64 + 1)
        found = []
        stimuli, of_trial = np.unique(self.test.stimulus, axis=0, return_inverse=True)
        for stimulus in stimuli:
            cumulative, hazard = self.network.actions(
                np.broadcast_to(stimulus, (len(time), len(stimulus))), time
            )
            density = hazard * np.exp(-cumulative.sum(1))[:, None]
            found.append(scipy.integrate.cumulative_trapezoid(density, time, axis=0, initial=0))
        return time, np.array(found)[of_trial.ravel()]

    def test_choice(self):
        test, behaviour = self.test, self.result["behaviour"]
        answered, left = test.answered, (test.choice > 0)[test.answered]
        _, incidence = self.incidence()
        p = (incidence[:, -1, 0] / incidence[:, -1].sum(1))[answered]
        network = behaviour["choice_models"][0]
        self.same(behaviour["auc"], roc_auc_score(left, p))
        self.same(network["auc"]["value"], roc_auc_score(left, p))
        self.same(behaviour["accuracy"], accuracy_score(left, p > 0.5))
        self.same(network["log_likelihood"], np.log(np.where(left, p, 1 - p)).sum(), 5)
        seen, predicted = calibration_curve(left, p, n_bins=10)
        bins = [b for b in behaviour["calibration"] if b["answered"] > 0]
        self.same([b["observed"] for b in bins], seen)
        self.same([b["predicted"] for b in bins], predicted, 6)
        weight = np.array([b["answered"] for b in bins]) / len(left)
        self.same(behaviour["calibration_error"], weight @ np.abs(seen - predicted), 6)
        self.assertEqual(behaviour["axis"], "contrast_left - contrast_right")
        difference = (test.stimulus[:, 0] - test.stimulus[:, 1])[answered]
        for point in behaviour["psychometric"]:
            own = difference == point["axis"]
            self.same([point["answered"], point["left"]], [own.sum(), left[own].sum()])
            self.same(
                point["interval"], proportion_confint(left[own].sum(), own.sum(), method="wilson")
            )
            self.same(point["predicted"], p[own].mean(), 6)

    def test_response_times(self):
        test, behaviour = self.test, self.result["behaviour"]
        time, incidence = self.incidence()
        grid = np.array(behaviour["response_time_grid"])
        difference = test.stimulus[:, 0] - test.stimulus[:, 1]
        for row in behaviour["response_times"]:
            own = (
                np.ones(len(difference), bool)
                if row["name"] == "all"
                else difference == row["axis"]
            )
            self.assertEqual(row["trials"], own.sum())
            for a, side in enumerate(("left", "right")):
                seen, wanted = (
                    test.response[own & test.answered & (test.choice == 1 - 2 * a)],
                    incidence[own].mean(0)[:, a],
                )
                self.same(row[side]["observed"]["probability"], len(seen) / own.sum())
                if len(seen):
                    self.same(
                        row[side]["observed"]["quantiles"],
                        np.quantile(seen, behaviour["response_time_quantiles"]),
                    )
                self.same(
                    row[side]["observed"]["cumulative"], (seen[:, None] <= grid).sum(0) / own.sum()
                )
                self.same(row[side]["predicted"]["cumulative"], np.interp(grid, time, wanted), 6)
                # Linear between 64 points of the window.
                quantiles = np.interp(
                    np.array(behaviour["response_time_quantiles"]) * wanted[-1], wanted, time
                )
                np.testing.assert_allclose(
                    row[side]["predicted"]["quantiles"], quantiles, rtol=0, atol=1e-3 * test.limit
                )

    def test_logistic_regression(self):
        train, test = self.train, self.test
        x, y = train.stimulus[train.answered], (train.choice > 0)[train.answered]
        new, left = sm.add_constant(test.stimulus[test.answered]), (test.choice > 0)[test.answered]
        plain = sm.Logit(y, sm.add_constant(x)).fit(disp=0, tol=1e-14).params
        ridged = LogisticRegression(
            C=1 / 0.5, tol=1e-12, max_iter=10000, solver="newton-cholesky"
        ).fit(x, y)
        for result, w in (self.result, plain), (
            self.ridged,
            np.r_[ridged.intercept_, ridged.coef_[0]],
        ):
            network, logistic, constant = result["behaviour"]["choice_models"]
            log_likelihood = sm.Logit(left, new).loglike(w)
            self.same(logistic["log_likelihood"], log_likelihood, 8)
            self.same(logistic["auc"]["value"], roc_auc_score(left, new @ w))
            null = np.log(np.where(left, y.mean(), 1 - y.mean())).sum()
            self.same(constant["log_likelihood"], null)
            self.same(
                logistic["bits_per_choice"]["value"],
                (log_likelihood - null) / np.log(2) / len(left),
                7,
            )

    def test_log_normal_race(self):
        def log_likelihood(w, data, a):
            finished = data.answered & (data.choice == 1 - 2 * a)
            mean, sigma = (w[0] + data.stimulus @ w[1:-1]) / w[-1], 1 / w[-1]
            return np.where(
                finished,
                scipy.stats.lognorm.logpdf(data.waited, sigma, scale=np.exp(mean)),
                scipy.stats.lognorm.logsf(data.waited, sigma, scale=np.exp(mean)),
            )

        for result, ridge in (self.result, 0), (self.ridged, 0.5):
            race = result["behaviour"]["response_models"][1]
            for a, side in enumerate(("left", "right")):
                loss = lambda w: (
                    ridge / 2 * (w[1:] ** 2).sum() - log_likelihood(w, self.train, a).sum()
                    if w[-1] > 0
                    else np.inf
                )
                best = scipy.optimize.minimize(
                    loss,
                    [0, 0, 0, 1.0],
                    method="Nelder-Mead",
                    options={"maxiter": 20000, "maxfev": 20000, "xatol": 1e-9, "fatol": 1e-11},
                )
                self.same(
                    race["log_likelihood"][side], log_likelihood(best.x, self.test, a).sum(), 5
                )

    def test_constant_hazards(self):
        train, test = self.train, self.test
        for a, side in enumerate(("left", "right")):
            hazard = (train.answered & (train.choice == 1 - 2 * a)).sum() / train.waited.sum()
            wanted = (test.answered & (test.choice == 1 - 2 * a)).sum() * np.log(
                hazard
            ) - hazard * test.waited.sum()
            self.same(
                self.result["behaviour"]["response_models"][2]["log_likelihood"][side], wanted
            )

    def test_intervals(self):
        """NumPy's own resamples of trials within sessions. Ends of two intervals from 1,000
        resamples each differ with a deviation of 0.085 of the statistic's own, 0.022 of the
        interval's width; 0.1 is 4.6 of it."""
        test, behaviour = self.test, self.result["behaviour"]
        by_trial = lambda values, cells: np.bincount(cells, values, len(test.until))
        own = test.region == 4
        network = by_trial(np.log(self.spike_intensity[own]), test.trial[own]) - by_trial(
            self.expected.sum(1)[test.cell_region == 4], test.cell_trial[test.cell_region == 4]
        )
        region = self.result["regions"][4]
        rate = region["null_rate"]
        spikes, exposure = (
            np.bincount(test.trial[own], minlength=len(test.until)),
            np.bincount(test.cell_trial[test.cell_region == 4], minlength=len(test.until))
            * test.until,
        )
        null = spikes * np.log(rate) - rate * exposure
        poisson = sm.families.Poisson()
        cells = test.cell_region == 4
        deviances = []
        for mu in self.expected, rate * test.exposure[test.cell_trial]:
            with np.errstate(all="ignore"):
                unit = np.where(mu[cells] > 0, poisson._resid_dev(test.counts[cells], mu[cells]), 0)
            deviances.append(by_trial(unit.sum(1), test.cell_trial[cells]))
        _, incidence = self.incidence()
        p, left = incidence[:, -1, 0] / incidence[:, -1].sum(1), test.choice > 0
        actions = self.action_log_likelihood().sum(1)
        train = self.train
        trained = np.array(
            [(train.answered & (train.choice == c)).sum() / train.waited.sum() for c in (1, -1)]
        )
        chosen = np.stack([test.answered & left, test.answered & (test.choice < 0)], 1)
        rival = chosen @ np.log(trained) - trained.sum() * test.waited
        random, drawn = np.random.default_rng(5), []
        sessions = [np.nonzero(test.session == s)[0] for s in np.unique(test.session)]
        for _ in range(1000):
            n = np.concatenate([random.choice(s, len(s)) for s in sessions])
            m = n[test.answered[n]]
            drawn.append(
                [
                    (network[n] - null[n]).sum() / np.log(2) / spikes[n].sum(),
                    1 - deviances[0][n].sum() / deviances[1][n].sum(),
                    roc_auc_score(left[m], p[m]),
                    ((p[m] > 0.5) == left[m]).mean(),
                    (actions[n] - rival[n]).mean() / np.log(2),
                ]
            )
        scores, choice = region["models"]["network"], behaviour["choice_models"][0]
        ours = [
            scores["bits_per_spike"],
            scores["pseudo_r2"],
            choice["auc"],
            choice["accuracy"],
            behaviour["response_models"][0]["bits_per_trial"],
        ]
        for theirs, estimate in zip(np.quantile(drawn, [0.025, 0.975], axis=0).T, ours):
            np.testing.assert_allclose(
                estimate["interval"], theirs, rtol=0, atol=0.1 * np.diff(theirs)[0]
            )


if __name__ == "__main__":
    unittest.main(argv=["evaluate"])
