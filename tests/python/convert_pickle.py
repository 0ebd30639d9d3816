"""scripts/convert_pickle.py: the authors' dictionaries, Neuromatch arrays, and pickles that would
do harm.

usage: convert_pickle.py PROGRAM RECORDINGS
"""

import csv
import os
import pathlib
import pickle
import subprocess
import sys
import unittest

import h5py
import numpy as np
from exchange import SHARED, Exchange, run

SCRIPT = pathlib.Path(__file__).parents[2] / "scripts/convert_pickle.py"
GOLDEN = pathlib.Path(SHARED) / "golden/rats5"


def convert(*words):
    return subprocess.run(
        [sys.executable, SCRIPT, *map(str, words)], capture_output=True, text=True
    )


def dictionaries(file, prefix):
    """A dataset as the authors' program pickles it."""
    with h5py.File(file) as data:
        limit = data.attrs["time_limit"]
        stimulus, end = data["trial/stimulus"][()], data["trial/observed_until"][()]
        response, choice, session = (
            data["trial/response_time"][()],
            data["trial/choice"][()],
            data["trial/session"][()],
        )
        regions = [name.decode() for name in data["region/name"][()]]
        unit_session, unit_region, unit_id = (
            data["unit/" + name][()] for name in ("session", "region", "id")
        )
        trial = np.repeat(np.arange(len(end)), np.diff(data["spike/offset"][()]))
        time, unit = data["spike/time"][()].astype(float), data["spike/unit"][()]
    region_data = {}
    for g, region in enumerate(regions):
        count = np.bincount(unit_session[unit_region == g], minlength=session.max() + 1)
        trials, own = np.nonzero(count[session] > 0)[0], unit_region[unit] == g
        region_data[region] = {
            "spike_stim_hist": stimulus[trial[own]],
            "spike_id": unit_id[unit[own]],
            "stim_to_spike": time[own],
            "trial_end_times": end[trials],
            "stim_hist": stimulus[trials],
            "spike_trial_num": trial[own],
            "#neuron": count[session[trials]] * 1.0,
            "trial_num": trials,
        }
    times = [np.where((choice == side) & (response <= limit), response, -1) for side in (1, -1)]
    shuffled = np.random.default_rng(0).permutation(len(end))  # the authors sort by trial number
    behaviour = {
        "stim_hist": stimulus,
        "resp_time_left": times[0],
        "resp_time_right": times[1],
        "trial_num": np.arange(len(end)),
    }
    content = {
        prefix + "region_data": region_data,
        prefix + "all_beh": {key: value[shuffled] for key, value in behaviour.items()},
        prefix + "total_trial_num": len(end),
    }
    return (
        content
        if prefix
        else content | {"region_index": {region: g for g, region in enumerate(regions)}}
    )


class Harm:
    """Leaves a file behind where a pickle of it is opened in trust."""

    def __init__(self, call, *arguments):
        self.reduced = call, arguments

    def __reduce__(self):
        return self.reduced


class ConvertPickle(Exchange):
    def authors(self, train, test, *options):
        for name, content in ("train", train), ("test", test):
            (self.folder / f"{name}.pickle").write_bytes(
                content if isinstance(content, bytes) else pickle.dumps(content)
            )
        return convert(
            "authors",
            self.folder / "train.pickle",
            self.folder / "test.pickle",
            "--out-train",
            self.folder / "train.h5",
            "--out-test",
            self.folder / "test.h5",
            *options,
        )

    def test_golden_losses_after_the_round_trip(self):
        ended = self.authors(
            dictionaries(GOLDEN / "train.h5", ""), dictionaries(GOLDEN / "test.h5", "test_")
        )
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        for name in "train", "test":
            with h5py.File(GOLDEN / f"{name}.h5") as wanted, h5py.File(
                self.folder / f"{name}.h5"
            ) as got:
                for path in (
                    "trial/session",
                    "trial/stimulus",
                    "trial/observed_until",
                    "spike/offset",
                    "spike/time",
                ):
                    np.testing.assert_array_equal(got[path][()], wanted[path][()], path)
                units = lambda data: data["unit/id"][()][data["spike/unit"][()]]
                self.assertEqual(sorted(units(got)), sorted(units(wanted)))
        run(
            "train",
            "--quiet",
            "--preset",
            "authors",
            "--train",
            self.folder / "train.h5",
            "--test",
            self.folder / "test.h5",
            "--out",
            self.folder / "run",
            "--init",
            GOLDEN / "run/models-0/model-fwd.h5",
            "--set",
            "train.iterations=21",
            "--set",
            "train.episodes=2",
            "--set",
            "train.batches=5",
        )
        wanted, got = (
            list(csv.DictReader((folder / "test.csv").read_text().splitlines()))
            for folder in (GOLDEN / "run", self.folder / "run")
        )
        self.assertEqual((len(got), len(wanted)), (21, 21))
        for ours, theirs in zip(got, wanted):
            for name, value in theirs.items():
                error = abs(float(ours[name]) - float(value)) / max(1, abs(float(value)))
                self.assertLessEqual(
                    error, 5e-4, f"{name}, row {theirs['']}"
                )  # tests/tolerance.hpp, run_history

    def test_every_protocol(self):
        train, test = dictionaries(GOLDEN / "train.h5", ""), dictionaries(
            GOLDEN / "test.h5", "test_"
        )
        written = set()
        for protocol in range(6):
            ended = self.authors(pickle.dumps(train, protocol), pickle.dumps(test, protocol))
            self.assertEqual((ended.returncode, ended.stderr), (0, ""), protocol)
            with h5py.File(self.folder / "train.h5") as data:
                written.add(data["spike/time"][()].tobytes() + data["spike/unit"][()].tobytes())
        self.assertEqual(len(written), 1)

    def test_pickles_that_do_more_are_refused(self):
        trace = self.folder / "trace"
        for call in (
            (os.system, f"touch {trace}"),
            (eval, f"open({str(trace)!r}, 'w')"),
            (getattr, {}, "update"),
            (np.load, "x"),
        ):
            for protocol in 0, 4:
                ended = self.authors(pickle.dumps({"region_data": [1, Harm(*call)]}, protocol), b"")
                self.assertEqual(ended.returncode, 3, call)
                self.assertRegex(
                    ended.stderr,
                    r"^convert_pickle: \S+train.pickle: holds the Python object \S+; .*\n$",
                )
        raw = {
            "a reference to something outside": b"Psomewhere\n.",
            "an array of objects without them": pickle.dumps(np.array([1.5])).replace(b"f8", b"O8"),
            "an array with fields": pickle.dumps(np.zeros(1, "i4,f8")),
            "an instruction to change the reader": b"cnumpy\ndtype\n(N}\x8c\x04makeK\x01stb.",
        }
        for what, content in raw.items():
            ended = self.authors(content, b"")
            self.assertEqual((ended.returncode, ended.stderr.count("\n")), (3, 1), ended.stderr)
            self.assertIn(what, ended.stderr)
        self.assertFalse(trace.exists())
        self.assertEqual(
            sorted(path.name for path in self.folder.iterdir()), ["test.pickle", "train.pickle"]
        )

    def test_damage_is_told_in_one_line(self):
        whole = pickle.dumps({"region_index": {"a": 0}, "x": [np.arange(3), "text", 1.5]})
        random = np.random.default_rng(1)
        changed = [whole[:cut] for cut in range(0, len(whole), 9)]
        for _ in range(20):
            piece = bytearray(whole)
            piece[random.integers(len(piece))] = random.integers(256)
            changed.append(bytes(piece))
        changed += [
            b"(" * 5000 + b"t" * 5000 + b".",
            pickle.dumps([]),
            pickle.dumps({"region_index": {}}),
        ]
        sys.path.insert(0, str(SCRIPT.parent))
        import convert_pickle as script  # in this process: there are many of them

        for content in changed:
            (self.folder / "train.pickle").write_bytes(content)
            arguments = type(
                "Arguments",
                (),
                dict(
                    train=self.folder / "train.pickle",
                    test=self.folder / "train.pickle",
                    out_train="a",
                    out_test="b",
                    time_limit=None,
                ),
            )
            with self.assertRaises(SystemExit) as stopped, open(os.devnull, "w") as sys.stderr:
                script.convert_authors(arguments)
            sys.stderr = sys.__stderr__
            self.assertEqual(stopped.exception.code, 3, content)
        self.assertEqual(
            convert(
                "authors", "absent", "absent", "--out-train", "a", "--out-test", "b"
            ).returncode,
            4,
        )

    def test_neuromatch(self):
        with np.load(pathlib.Path(SHARED) / "data/steinmetz2019/Cori_2016-12-14.npz") as cori:
            counts = np.zeros((734, 214, 250), np.int8)
            counts[:, :, 50:90] = cori["counts"].transpose(2, 0, 1)
            session = {
                "spks": counts,
                "mouse_name": "Cori",
                "date_exp": "2016-12-14",
                "brain_area": cori["neuron_region"],
                "contrast_left": cori["stimulus"][:, 0],
                "contrast_right": cori["stimulus"][:, 1],
                "bin_size": 0.01,
                "response": cori["choice"],
                "response_time": cori["response_time"][:, None],
                "stim_onset": 0.5,
            }
        np.savez(
            self.folder / "part.npz",
            dat=np.array([session, session | {"mouse_name": "Twin"}], dtype=object),
        )
        ended = convert("nma", self.folder / "part.npz", "--out", self.folder / "sessions")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        run(
            "import",
            "nma",
            *sorted((self.folder / "sessions").iterdir()),
            "--time-limit",
            0.4,
            "--out",
            self.folder / "nma.h5",
        )
        source = pathlib.Path(SHARED) / "data/steinmetz2019/Cori_2016-12-14.npz"
        run("import", "npz", source, "--out", self.folder / "npz.h5")
        with h5py.File(self.folder / "nma.h5") as nma, h5py.File(self.folder / "npz.h5") as npz:
            entries = len(npz["count/bin"])
            self.assertEqual(len(nma["count/bin"]), 2 * entries)
            for path in (
                "count/bin",
                "count/unit",
                "count/value",
                "unit/region",
                "trial/choice",
                "trial/response_time",
            ):
                np.testing.assert_array_equal(nma[path][: len(npz[path])], npz[path][()], path)
        np.savez(self.folder / "harm.npz", dat=np.array([Harm(os.system, "touch x")], dtype=object))
        self.assertEqual(
            convert("nma", self.folder / "harm.npz", "--out", self.folder / "sessions").returncode,
            3,
        )


if __name__ == "__main__":
    unittest.main(argv=["convert_pickle"])
