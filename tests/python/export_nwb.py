"""`nnpoisson export nwb`: pynwb's validator and nwbinspector accept the file, and pynwb reads the
spikes of the dataset.

usage: export_nwb.py PROGRAM RECORDINGS
"""

import pathlib
import unittest
import warnings

import h5py
import numpy as np
from exchange import SHARED, Exchange, run
from nwbinspector import Importance, inspect_nwbfile
from pynwb import NWBHDF5IO, validate


class ExportNwb(Exchange):
    def accepted(self, file):
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # without a cached specification, the installed one is used
            with NWBHDF5IO(file, "r") as nwb:
                errors = validate(io=nwb)
            self.assertEqual(list(map(str, errors)), [])
            found = list(inspect_nwbfile(nwbfile_path=str(file)))
        worst = [
            message
            for message in found
            if message.importance
            not in (Importance.BEST_PRACTICE_VIOLATION, Importance.BEST_PRACTICE_SUGGESTION)
        ]
        self.assertEqual([message.message for message in worst], [])

    def test_exact_times(self):
        dataset, file = pathlib.Path(SHARED) / "golden/rats5/test.h5", self.folder / "session.nwb"
        with h5py.File(dataset) as data:
            name = data["session/name"][1].decode()
        run("export", "nwb", dataset, "--session", name, "--out", file)
        self.accepted(file)
        with h5py.File(dataset) as data, NWBHDF5IO(file, "r") as io:
            nwb = io.read()
            trials, units = nwb.trials.to_dataframe(), nwb.units.to_dataframe()
            own = np.nonzero(data["trial/session"][()] == 1)[0]
            of_session = np.nonzero(data["unit/session"][()] == 1)[0]
            self.assertEqual((len(trials), len(units)), (len(own), len(of_session)))
            offset, time, unit = (data["spike/" + part][()] for part in ("offset", "time", "unit"))
            for k, u in enumerate(of_session):
                wanted = np.concatenate(
                    [
                        trials.start_time.iloc[i]
                        + time[slice(*offset[n : n + 2])][unit[slice(*offset[n : n + 2])] == u]
                        for i, n in enumerate(own)
                    ]
                )
                np.testing.assert_array_equal(units.spike_times.iloc[k], wanted)
            region = [data["region/name"][g].decode() for g in data["unit/region"][()][of_session]]
            self.assertEqual(list(units.location), region)
            np.testing.assert_allclose(
                trials.stop_time - trials.start_time,
                data["trial/observed_until"][()][own],
                rtol=1e-9,
            )
            side = {1: "left", -1: "right", 0: "none"}
            self.assertEqual(
                list(trials.choice), [side[choice] for choice in data["trial/choice"][()][own]]
            )

    def test_sampled_data_go_there_and_back(self):
        golden = pathlib.Path(SHARED) / "golden/cori7/test.h5"
        run(
            "train",
            "--quiet",
            "--preset",
            "exact",
            "--train",
            golden,
            "--out",
            self.folder / "run",
            "--set",
            "train.iterations=1",
            "--set",
            "train.episodes=1",
        )
        sampled, file, back = (
            self.folder / "sampled.h5",
            self.folder / "sampled.nwb",
            self.folder / "back.h5",
        )
        run(
            "sample",
            "--model",
            self.folder / "run/model.h5",
            "--like",
            golden,
            "--seed",
            1,
            "--out",
            sampled,
        )
        run("export", "nwb", sampled, "--out", file)
        self.accepted(file)
        with h5py.File(sampled) as data:
            limit = data.attrs["time_limit"]
        run("import", "nwb", file, "--time-limit", limit, "--out", back)
        with h5py.File(sampled) as data, h5py.File(back) as again:
            for path in "spike/offset", "trial/choice", "trial/stimulus", "unit/id":
                np.testing.assert_array_equal(again[path][()], data[path][()], path)
            for path in "spike/time", "trial/response_time", "trial/observed_until":
                np.testing.assert_allclose(
                    again[path][()], data[path][()], rtol=0, atol=1e-9, err_msg=path
                )

    def test_counts_keep_their_bins(self):
        counts, file, back = (
            self.folder / "counts.h5",
            self.folder / "counts.nwb",
            self.folder / "back.h5",
        )
        run(
            "import",
            "npz",
            pathlib.Path(SHARED) / "data/steinmetz2019/Cori_2016-12-14.npz",
            "--out",
            counts,
        )
        run("export", "nwb", counts, "--out", file)
        run("import", "nwb", file, "--time-limit", 0.4, "--bin-width", 0.01, "--out", back)
        with h5py.File(counts) as data, h5py.File(back) as again:
            for path in "offset", "bin", "unit", "value":
                np.testing.assert_array_equal(
                    again["count/" + path][()], data["count/" + path][()], path
                )


if __name__ == "__main__":
    unittest.main(argv=["export_nwb"])
