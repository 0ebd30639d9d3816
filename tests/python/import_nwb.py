"""Files written by pynwb itself, through `nnpoisson import nwb`, against what NumPy makes of the
same arrays.

usage: import_nwb.py PROGRAM RECORDINGS
"""

import pathlib
import unittest
import warnings
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
    trials = dict(
        onset=onset,
        response=np.where(answered, onset + random.uniform(0.1, 0.9, 40), np.nan),
        choice=np.where(answered, random.choice(["left", "right"], 40), "none"),
        contrast=random.choice([0, 0.25, 1.0], 40),
    )
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
        file.add_trial(
            start,
            start + 2,
            stim_on_time=trials["onset"][n],
            response_time=trials["response"][n],
            choice=str(trials["choice"][n]),
            contrast=trials["contrast"][n],
            rewarded=bool(n % 2),
            lick_times=list(np.arange(n % 3, dtype=float)),
        )
    file.add_unit_column("quality", "of the cluster")
    for u, times in enumerate(spikes):
        file.add_unit(
            spike_times=times,
            electrodes=[u % 3, (u + 1) % 3],
            obs_intervals=[[0.0, 60.0], [60.0, 100.0]],
            quality=str(quality[u]),
        )
    if packed:
        file.units["spike_times"].target.set_data_io(
            H5DataIO, dict(compression="gzip", chunks=(1000,), shuffle=True)
        )
    with NWBHDF5IO(path, "w") as out:
        out.write(file)


def write_2_0(path, spikes, trials, quality):
    """The same in the layout of NWB 2.0.2, which pynwb no longer writes: help texts, 64-bit
    indices, impedances, no cached specification."""
    with h5py.File(path, "w") as out:

        def put(name, neurodata_type, data, **attributes):
            out[name] = data
            out[name].attrs.update(
                attributes
                | dict(
                    namespace="core",
                    neurodata_type=neurodata_type,
                    help="as it was then",
                    description="-",
                )
            )
            return out[name]

        def table(group, neurodata_type, rows, columns):
            put(f"{group}/id", "ElementIdentifiers", np.arange(rows))
            for name, values in columns.items():
                text = isinstance(values[0], str)
                put(
                    f"{group}/{name}",
                    "VectorData",
                    np.array(values, dtype=h5py.string_dtype()) if text else values,
                )
            out[group].attrs.update(
                namespace="core",
                neurodata_type=neurodata_type,
                help="a table",
                description="-",
                colnames=np.array(list(columns), dtype=h5py.string_dtype()),
            )

        def ragged(name, rows, neurodata_type="VectorData", **attributes):
            values = put(name, neurodata_type, np.concatenate(rows), **attributes)
            put(
                f"{name}_index",
                "VectorIndex",
                np.cumsum([len(row) for row in rows]),
                target=values.ref,
            )
            group, column = name.split("/")
            out[group].attrs["colnames"] = np.array(
                [*out[group].attrs["colnames"], column], dtype=h5py.string_dtype()
            )

        out.attrs.update(
            nwb_version="2.0.2", namespace="core", neurodata_type="NWBFile", help="an NWB file"
        )
        for name in (
            "acquisition",
            "analysis",
            "processing",
            "stimulus/presentation",
            "stimulus/templates",
        ):
            out.create_group(name)
        for name in "identifier", "session_description":
            out[name] = "old"
        out["file_create_date"] = np.array(["2019-01-01T00:00:00+00:00"], dtype=h5py.string_dtype())
        out["session_start_time"] = out["timestamps_reference_time"] = "2019-01-01T00:00:00+00:00"
        device, ephys = out.create_group("general/devices/probe"), "general/extracellular_ephys"
        device.attrs.update(namespace="core", neurodata_type="Device", help="a probe")
        shank = out.create_group(f"{ephys}/shank")
        shank.attrs.update(
            namespace="core",
            neurodata_type="ElectrodeGroup",
            help="sites",
            description="-",
            location="brain",
        )
        shank["device"] = h5py.SoftLink("/general/devices/probe")
        table(
            f"{ephys}/electrodes",
            "DynamicTable",
            len(REGIONS),
            {"location": REGIONS, "filtering": ["none"] * 3, "group_name": ["shank"] * 3}
            | {name: np.zeros(3) for name in ("x", "y", "z", "imp")}
            | {"group": np.array([shank.ref] * 3, dtype=h5py.ref_dtype)},
        )
        start = trials["onset"] - 0.4
        table(
            "intervals/trials",
            "TimeIntervals",
            len(start),
            {
                "start_time": start,
                "stop_time": start + 2,
                "stim_on_time": trials["onset"],
                "response_time": trials["response"],
                "choice": trials["choice"].tolist(),
                "contrast": trials["contrast"],
            },
        )
        table("units", "Units", len(spikes), {"quality": quality.tolist()})
        ragged("units/spike_times", spikes)
        ragged("units/obs_intervals", [np.array([[0.0, 60.0], [60.0, 100.0]])] * len(spikes))
        ragged(
            "units/electrodes",
            [np.array([u % 3, (u + 1) % 3]) for u in range(len(spikes))],
            "DynamicTableRegion",
            table=out[f"{ephys}/electrodes"].ref,
        )


class ImportNwb(Exchange):
    def expect(self, dataset, sessions):
        """`sessions`: (spikes, trials, kept units, kept trials) of each."""
        regions = sorted(REGIONS)
        with h5py.File(dataset) as data:
            offset, time, unit = (
                data["spike/offset"][()],
                data["spike/time"][()],
                data["spike/unit"][()],
            )
            trial, first_unit = 0, 0
            for spikes, trials, units, chosen in sessions:
                regions_of_units = data["unit/region"][first_unit : first_unit + len(units)]
                self.assertEqual(
                    [regions[g] for g in regions_of_units], [REGIONS[u % 3] for u in units]
                )
                for n in chosen:
                    onset, response = trials["onset"][n], trials["response"][n] - trials["onset"][n]
                    end = np.fmin(LIMIT, response)
                    rows = [
                        (t - onset, first_unit + k)
                        for k, u in enumerate(units)
                        for t in spikes[u]
                        if onset <= t < onset + end
                    ]
                    rows.sort()
                    own = slice(offset[trial], offset[trial + 1])
                    self.assertEqual(list(zip(time[own], unit[own])), rows)
                    np.testing.assert_equal(data["trial/response_time"][trial], response)
                    self.assertEqual(
                        data["trial/choice"][trial],
                        {"left": 1, "right": -1, "none": 0}[trials["choice"][n]],
                    )
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
            run(
                "train",
                "--quiet",
                "--train",
                out,
                "--out",
                self.folder / f"run{packed}",
                "--set",
                "train.iterations=1",
            )

    def test_filters_and_several_files(self):
        sessions, files = [], []
        for seed in 2, 3:
            spikes, trials, quality = recording(seed)
            files.append(self.folder / f"{seed}.nwb")
            write(files[-1], spikes, trials, quality)
            units = [u for u in range(9) if quality[u] == "good"]
            sessions.append(
                (
                    spikes,
                    trials,
                    units,
                    [n for n in range(40) if n % 2 and trials["contrast"][n] > 0],
                )
            )
        out = self.folder / "out.h5"
        run(
            "import",
            "nwb",
            *files,
            "--time-limit",
            LIMIT,
            "--out",
            out,
            "--units-where",
            "quality == good",
            "--trials-where",
            "rewarded == true",
            "--trials-where",
            "contrast > 0",
            "--map",
            "stimulus=contrast",
        )
        self.expect(out, sessions)

    def test_nwb_2_0(self):
        spikes, trials, quality = recording(4)
        file, out = self.folder / "old.nwb", self.folder / "out.h5"
        write_2_0(file, spikes, trials, quality)
        with warnings.catch_warnings(), NWBHDF5IO(file, "r") as io:
            warnings.simplefilter(
                "ignore"
            )  # without a cached specification, the installed one is used
            units = io.read().units.to_dataframe()  # pynwb takes it for what it should be
            for u, times in enumerate(spikes):
                np.testing.assert_array_equal(units.spike_times[u], times)
                self.assertEqual(
                    list(units.electrodes[u].location), [REGIONS[u % 3], REGIONS[(u + 1) % 3]]
                )
        run("import", "nwb", file, "--time-limit", LIMIT, "--out", out)
        self.expect(out, [(spikes, trials, range(9), range(40))])

    def test_the_old_schema_of_a_real_file(self):
        """NWB 2.4, without trials: three of them in a text file, against h5py's own reading."""
        file, out, table = (
            pathlib.Path(SHARED) / "data/nwb/A8604-211122.nwb",
            self.folder / "out.h5",
            self.folder / "trials.csv",
        )
        onset = np.array([100.0, 200.0, 300.0])
        table.write_text(
            "onset,choice,response_time,contrast\n100,left,100.4,1\n200,right,201,0.5\n300,,,0\n"
        )
        run(
            "import",
            "nwb",
            file,
            "--time-limit",
            LIMIT,
            "--trials",
            table,
            "--map",
            "onset=onset",
            "--out",
            out,
        )
        with h5py.File(file) as nwb, h5py.File(out) as data:
            ends = nwb["units/spike_times_index"][()].astype(int)
            units = np.split(nwb["units/spike_times"][()], ends[:-1])
            for n, length in enumerate([0.4, LIMIT, LIMIT]):
                rows = sorted(
                    (t - onset[n], u)
                    for u, times in enumerate(units)
                    for t in times
                    if onset[n] <= t < onset[n] + length
                )
                own = slice(*data["spike/offset"][n : n + 2])
                self.assertEqual([u for _, u in rows], list(data["spike/unit"][own]))
                np.testing.assert_array_equal([t for t, _ in rows], data["spike/time"][own])
        run(
            "train",
            "--quiet",
            "--train",
            out,
            "--out",
            self.folder / "run",
            "--set",
            "train.iterations=1",
            "--set",
            "train.validation=0",
        )


if __name__ == "__main__":
    unittest.main(argv=["import_nwb"])
