"""Keras loads our files: a functional model with the layers of the published one reads them by its
load_weights.

usage: keras_loads.py TEST_MODEL     (needs tensorflow 2.15, h5py)
TEST_MODEL is the test program of this folder; its round-trip tests leave the files that are loaded
here.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import h5py
import numpy as np
import tensorflow as tf

ORDER = "neuro0 neuro1 neuro2 neuro3 neuro4 neuro5 neuro6 beh0 beh2 beh1 beh3".split()


def network(features, widths, time_width, hidden_width, behaviour_width, regions):
    """The published model's layers, by their names: stimulus, time and time scale in, cumulative
    intensities out."""

    def dense(name, width, activation=None, **options):
        return tf.keras.layers.Dense(width, activation=activation, name=name, **options)

    stimulus, time, scale = tf.keras.Input([features]), tf.keras.Input([1]), tf.keras.Input([1])
    h = dense("neuro0", widths[0], "softplus")(stimulus)
    h = dense("neuro1", widths[1], "softplus")(h)
    h = dense("neuro2", time_width)(h)
    t = dense("neuro3", time_width, use_bias=False)(time * scale)
    m = tf.keras.layers.Lambda(lambda x: tf.tanh(x[0] + x[1]), name="mix")([h, t])
    n1 = dense("neuro4", hidden_width, "tanh")(m)
    bypass = dense("neuro5", hidden_width)(stimulus[:, -1:])
    n2 = tf.keras.layers.Lambda(lambda x: tf.tanh(x[0] + x[1]), name="mix2")([n1, bypass])
    z = dense("neuro6", regions, "softplus")(n2)
    left, right = dense("beh0", behaviour_width, "tanh")(z), dense("beh2", behaviour_width, "tanh")(
        z
    )
    left, right = dense("beh1", 1, "softplus")(left), dense("beh3", 1, "softplus")(right)
    return tf.keras.Model([stimulus, time, scale], [z / scale, left / scale, right / scale])


def check(file, model, expected):
    """Every weight must come out of the file where the flat list of parameters has it."""
    model.load_weights(file)
    loaded = [w for layer in ORDER for w in model.get_layer(layer).get_weights()]
    flat = np.concatenate([w.ravel() for w in loaded])
    assert flat.dtype == np.float32 and np.array_equal(
        flat, expected
    ), f"{file}: Keras loaded other values than were written"


with tempfile.TemporaryDirectory() as folder:
    subprocess.run(
        [
            sys.argv[1],
            "--gtest_filter=KerasWeights.RoundTripKeepsFloat32:ModelFile.RoundTripKeepsEveryBit",
        ],
        env=os.environ | {"NNPOISSON_TEST_FOLDER": folder},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    files = sorted(pathlib.Path(folder).glob("*.h5"))
    assert [f.name.split(".")[0] for f in files] == ["KerasWeights", "ModelFile"], files
    with h5py.File(files[1]) as f:
        expected = f["nnpoisson/parameters"][()].astype(np.float32)
    model = network(
        features=3, widths=(4, 5), time_width=6, hidden_width=7, behaviour_width=8, regions=9
    )
    order = [layer.name for layer in model.layers if layer.weights]
    assert order == ORDER, f"Keras orders the layers {order}"
    for file in files:
        for weight in model.weights:
            weight.assign(tf.zeros_like(weight))
        check(str(file), model, expected)
    print(f"TensorFlow {tf.__version__} loaded {len(files)} files, {expected.size} weights each")
