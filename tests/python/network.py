"""The monotone network in NumPy, from a model file alone: an implementation that shares no code
with the program. Neural time scaled."""

import h5py
import numpy as np

FLOOR = 1e-5


def softplus(x):
    return np.logaddexp(0, x)


class Network:
    def __init__(self, path):
        with h5py.File(path) as f:
            about = f["nnpoisson"]
            # Keras' groups hold them as float32; their shapes and order (docs/model-files.md) are
            # those of the double parameters.
            self.weights, rest = {}, about["parameters"][()]
            for layer in *(f"neuro{k}" for k in range(7)), "beh0", "beh2", "beh1", "beh3":
                for kind in ("kernel", "bias"):
                    if f"{kind}:0" in f[layer][layer]:
                        shape = f[f"{layer}/{layer}/{kind}:0"].shape
                        self.weights[layer, kind], rest = (
                            rest[: np.prod(shape)].reshape(shape),
                            rest[np.prod(shape) :],
                        )
            assert not len(rest)
            self.limit, self.bypass = about.attrs["time_limit"], about.attrs["stimulus_bypass"]
            self.regions = [name.decode() for name in about["region/name"][()]]

    def dense(self, layer, x):
        return x @ self.weights[layer, "kernel"] + self.weights.get((layer, "bias"), 0)

    def z(self, s, t):
        """Of every region, [len(t), G]."""
        h = softplus(self.dense("neuro1", softplus(self.dense("neuro0", np.asarray(s, float)))))
        h = (
            self.dense("neuro2", h)
            + np.asarray(t, float)[:, None] * self.weights["neuro3", "kernel"]
        )
        n = np.tanh(self.dense("neuro4", np.tanh(h)))
        if self.bypass:
            n = n + self.dense("neuro5", np.asarray(s, float)[-1:])
        return softplus(self.dense("neuro6", np.tanh(n)))

    def heads(self, z):
        """b of left, right from z [..., G]: [2, ...]."""
        return np.stack(
            [
                softplus(self.dense(last, np.tanh(self.dense(first, z))))[..., 0]
                for first, last in (("beh0", "beh1"), ("beh2", "beh3"))
            ]
        )

    def neural(self, s, t, until):
        """Cumulative intensities of a unit in a trial observed until `until`, [G, len(t)]."""
        t = np.asarray(t, float)
        kappa = self.limit / until
        return ((self.z(s, kappa * t) - self.z(s, [0])) / kappa + FLOOR * t[:, None]).T

    def actions(self, s, t):
        """Cumulative hazards, [2, len(t)]."""
        t = np.asarray(t, float)
        return self.heads(self.z(s, t)) - self.heads(self.z(s, [0])) + FLOOR * t


def slope(curve, t, h=1e-3):
    """Six-point central difference of curve(t) [..., len(t)]."""
    return sum(c * (curve(t + k * h) - curve(t - k * h)) for k, c in ((1, 45), (2, -9), (3, 1))) / (
        60 * h
    )
