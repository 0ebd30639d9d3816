"""Files written by pynwb itself, through `nnpoisson import nwb`, against what NumPy makes of the same arrays.

usage: import_nwb.py PROGRAM RECORDINGS
"""
import pathlib
import unittest
from datetime import datetime, timezone

import h5py
import numpy as np
from exchange import SHARED, Exchange, run
from hdmf.backends.hdf5 import H5DataIO
from pynwb import NWBHDF5IO, NWBFile

LIMIT = 0.5
REGIONS = ["CA1", "VISp", "MOs"]


def recording(seed):
    """Spike times of 9 units over 100 s, 40 trials, and what can be said about both."""
    random = np.random.default_rng(seed)
    spikes = [np.sort(random.uniform(0, 100, random.integers(0, 3000))) for _ in range(9)]
    spikes[4] = np.array([])
    onset = np.arange(40) * 2.4 + random.uniform(0.5, 1, 40)
    answered = random.random(40) < 0.8
    trials = dict(onset=onset, response=np.where(answered, onset + random.uniform(0.1, 0.9, 40), np.nan),
                  choice=np.where(answered, random.choice(["left", "right"], 40), "none"), contrast=random.choice([0, 0.25, 1.0], 40))
    return spikes, trials, random.choice(["good", "mua"], 9)


def write(path, spikes, trials, quality, packed=False):
    file = NWBFile("a test", "id", datetime(2020, 1, 1, tzinfo=timezone.utc))
    group = file.create_electrode_group("shank", "four sites", "brain", file.create_device("probe"))
    for region in REGIONS:
        file.add_electrode(location=region, group=group)
    file.add_trial_column("stim_on_time", "stimulus onset")
    file.add_trial_column("response_time", "of the first response")
    file.add_trial_column("choice", "left, right or none")
    file.add_trial_column("contrast", "of the grating")
    file.add_trial_column("rewarded", "yes or no")
    file.add_trial_column("lick_times", "any number", index=True)
    for n in range(len(trials["onset"])):
        start = trials["onset"][n] - 0.4
        file.add_trial(start, start + 2, stim_on_time=trials["onset"][n], response_time=trials["response"][n],
                       choice=str(trials["choice"][n]), contrast=trials["contrast"][n], rewarded=bool(n % 2),
                       lick_times=list(np.arange(n % 3, dtype=float)))
    file.add_unit_column("quality", "of the cluster")
    for u, times in enumerate(spikes):
        file.add_unit(spike_times=times, electrodes=[u % 3, (u + 1) % 3], obs_intervals=[[0.0, 60.0], [60.0, 100.0]], quality=str(quality[u]))
    if packed:
        file.units["spike_times"].target.set_data_io(H5DataIO, dict(compression="gzip", chunks=(1000,), shuffle=True))
    with NWBHDF5IO(path, "w") as out:
        out.write(file)


class ImportNwb(Exchange):
    def expect(self, dataset, sessions):
        """`sessions`: (spikes, trials, kept units, kept trials) of each."""
        regions = sorted(REGIONS)
        with h5py.File(dataset) as data:
            offset, time, unit = data["spike/offset"][()], data["spike/time"][()], data["spike/unit"][()]
            trial, first_unit = 0, 0
            for spikes, trials, units, chosen in sessions:
                regions_of_units = data["unit/region"][first_unit : first_unit + len(units)]
                self.assertEqual([regions[g] for g in regions_of_units], [REGIONS[u % 3] for u in units])
                for n in chosen:
                    onset, response = trials["onset"][n], trials["response"][n] - trials["onset"][n]
                    end = np.fmin(LIMIT, response)
                    rows = [(t - onset, first_unit + k) for k, u in enumerate(units) for t in spikes[u] if onset <= t < onset + end]
                    rows.sort()
                    own = slice(offset[trial], offset[trial + 1])
                    self.assertEqual(list(zip(time[own], unit[own])), rows)
                    np.testing.assert_equal(data["trial/response_time"][trial], response)
                    self.assertEqual(data["trial/choice"][trial], {"left": 1, "right": -1, "none": 0}[trials["choice"][n]])
                    self.assertEqual(data["trial/stimulus"][trial, 0], trials["contrast"][n])
                    trial += 1
                first_unit += len(units)
            self.assertEqual(trial, len(data["trial/session"]))
            self.assertEqual(first_unit, len(data["unit/id"]))

    def test_spikes_of_the_windows(self):
        spikes, trials, quality = recording(1)
        everything = (spikes, trials, range(9), range(40))
        for packed in False, True:
            file, out = self.folder / f"packed{packed}.nwb", self.folder / "out.h5"
            write(file, spikes, trials, quality, packed)
            with h5py.File(file) as nwb:
                self.assertEqual(nwb["units/spike_times"].compression, "gzip" if packed else None)
            said = run("import", "nwb", file, "--time-limit", LIMIT, "--out", out)
            self.assertIn("onset: stim_on_time (guessed", said)
            self.assertIn("choice: choice (guessed", said)
            self.assertIn("region: location of each unit's first electrode", said)
            self.expect(out, [everything])
            run("train", "--quiet", "--train", out, "--out", self.folder / f"run{packed}", "--set", "train.iterations=1")

    def test_filters_and_several_files(self):
        sessions, files = [], []
        for seed in 2, 3:
            spikes, trials, quality = recording(seed)
            files.append(self.folder / f"{seed}.nwb")
            write(files[-1], spikes, trials, quality)
            units = [u for u in range(9) if quality[u] == "good"]
            sessions.append((spikes, trials, units, [n for n in range(40) if n % 2 and trials["contrast"][n] > 0]))
        out = self.folder / "out.h5"
        run("import", "nwb", *files, "--time-limit", LIMIT, "--out", out, "--units-where", "quality == good", "--trials-where",
            "rewarded == true", "--trials-where", "contrast > 0", "--map", "stimulus=contrast")
        self.expect(out, sessions)

    def test_the_old_schema_of_a_real_file(self):
        """NWB 2.4, without trials: three of them in a text file, against h5py's own reading."""
        file, out, table = pathlib.Path(SHARED) / "data/nwb/A8604-211122.nwb", self.folder / "out.h5", self.folder / "trials.csv"
        onset = np.array([100.0, 200.0, 300.0])
        table.write_text("onset,choice,response_time,contrast\n100,left,100.4,1\n200,right,201,0.5\n300,,,0\n")
        run("import", "nwb", file, "--time-limit", LIMIT, "--trials", table, "--map", "onset=onset", "--out", out)
        with h5py.File(file) as nwb, h5py.File(out) as data:
            ends = nwb["units/spike_times_index"][()].astype(int)
            units = np.split(nwb["units/spike_times"][()], ends[:-1])
            for n, length in enumerate([0.4, LIMIT, LIMIT]):
                rows = sorted((t - onset[n], u) for u, times in enumerate(units) for t in times if onset[n] <= t < onset[n] + length)
                own = slice(*data["spike/offset"][n : n + 2])
                self.assertEqual([u for _, u in rows], list(data["spike/unit"][own]))
                np.testing.assert_array_equal([t for t, _ in rows], data["spike/time"][own])
        run("train", "--quiet", "--train", out, "--out", self.folder / "run", "--set", "train.iterations=1", "--set", "train.validation=0")


if __name__ == "__main__":
    unittest.main(argv=["import_nwb"])
