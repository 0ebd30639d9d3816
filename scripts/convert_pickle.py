#!/usr/bin/env python3
"""Turns recordings kept as Python pickles into files that nnpoisson reads. A pickle is a program;
this one runs none of it.

  convert_pickle.py authors train.pickle test.pickle --out-train train.h5 --out-test test.h5
  [--time-limit W]
      The published model's own data: two datasets with the authors' division into training and test
      trials.
  convert_pickle.py nma steinmetz_part*.npz --out FOLDER
      Neuromatch sessions: FOLDER/MOUSE_DATE.npz each, for `nnpoisson import nma`.

Only arrays, dictionaries, lists, numbers and strings are admitted; at anything else it ends with
status 3 and says what it met. Needs numpy and h5py. docs/importing.md tells more.
"""

import argparse
import contextlib
import os
import pathlib
import pickle
import sys
import zipfile

import h5py
import numpy as np
from numpy.lib import format as npy


class Refused(Exception):
    """What stands in a file and is not admitted, or does not fit together."""


# ---- Reading: NumPy's own objects are stood in for by these, so that no code but this file's sees
# what the pickle says.


class PlainType:
    """A NumPy type of numbers or strings, '<f8'; its state holds the byte order."""

    def __init__(self, name, *_):
        if (
            not isinstance(name, str)
            or np.dtype(name).hasobject
            and name not in ("O", "O8")
            or np.dtype(name).names
        ):
            raise Refused(f"an array of the type {name!r}")
        self.name = name

    def __setstate__(self, state):
        order, rest = state[1], state[2:5]
        if order not in ("<", ">", "=", "|") or any(part is not None for part in rest):
            raise Refused("an array with fields")
        self.name = ("" if order in "=|" else order) + self.name.lstrip("<>=|")

    def is_object(self):
        return self.name.lstrip("<>").startswith("O")


class PlainArray:
    """An array as a pickle builds it: made empty, then given its shape, type and bytes, or a list
    of objects."""

    def __setstate__(self, state):
        _, self.shape, self.type, self.fortran, self.content = state
        if not isinstance(self.type, PlainType) or not isinstance(self.content, (bytes, list)):
            raise Refused("an array without plain content")


class Maker:
    """What a name in a pickle stands for. Without attributes, so that the pickle cannot change
    it."""

    __slots__ = ("make",)

    def __init__(self, make):
        object.__setattr__(self, "make", make)

    def __setattr__(self, name, value):
        raise Refused("an instruction to change the reader")

    def __call__(self, *arguments):
        return self.make(*arguments)


def scalar(kind, content):
    made = PlainArray()
    made.__setstate__((1, (), kind, False, content))
    return made


def from_buffer(buffer, kind, shape, order):
    made = PlainArray()
    made.__setstate__((1, shape, kind, order == "F", bytes(buffer)))
    return made


def encoded(text, encoding="latin1"):
    """How Python 2 and protocols before 3 keep bytes."""
    if encoding != "latin1" or not isinstance(text, str):
        raise Refused(f"bytes encoded as {encoding!r}")
    return text.encode("latin1")


ADMITTED = {
    ("numpy", "ndarray"): Maker(lambda *_: PlainArray()),
    ("numpy", "dtype"): Maker(PlainType),
    ("_codecs", "encode"): Maker(encoded),
}
for _core in "numpy.core", "numpy._core":
    ADMITTED[_core + ".multiarray", "_reconstruct"] = Maker(lambda *_: PlainArray())
    ADMITTED[_core + ".multiarray", "scalar"] = Maker(scalar)
    ADMITTED[_core + ".numeric", "_frombuffer"] = Maker(from_buffer)


class Reader(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in ADMITTED:
            raise Refused(f"the Python object {module}.{name}")
        return ADMITTED[module, name]

    def persistent_load(self, _):
        raise Refused("a reference to something outside")


def plain(value, done):
    """The value with arrays in place of PlainArray; each object once, however often it is referred
    to."""
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return value
    if id(value) in done:
        return done[id(value)][1]
    if isinstance(value, dict):
        made = {plain(key, done): plain(item, done) for key, item in value.items()}
    elif isinstance(value, (list, tuple)):
        made = [plain(item, done) for item in value]
    elif isinstance(value, PlainArray) and value.type.is_object():
        if not isinstance(value.content, list):
            raise Refused("an array of objects without them")
        made = plain(value.content, done)
    elif isinstance(value, PlainArray):
        array = np.frombuffer(value.content, np.dtype(value.type.name))
        made = array.reshape(value.shape, order="F" if value.fortran else "C")
    else:
        raise Refused(f"a {type(value).__name__}")
    done[id(value)] = value, made
    return made


def read_pickle(stream):
    return plain(Reader(stream, encoding="latin1").load(), {})


# ---- The published model's dictionaries


def need(mapping, key, where):
    if not isinstance(mapping, dict) or key not in mapping:
        raise Refused(f"no {key!r} in {where}")
    return mapping[key]


def numbers(mapping, key, where, shape):
    """An array of this shape; None: any extent."""
    array = np.asarray(need(mapping, key, where))
    fits = array.ndim == len(shape) and all(
        want is None or want == have for want, have in zip(shape, array.shape)
    )
    if array.dtype.kind not in "iuf" or not fits:
        raise Refused(
            f"{where}[{key!r}] with the shape {array.shape} and type {array.dtype}, not numbers "
            f"of the shape {shape}"
        )
    return array.astype(np.float64)


def integers(mapping, key, where, shape, limit):
    array = numbers(mapping, key, where, shape)
    if array.size and not (
        np.all(array == np.floor(array)) and 0 <= array.min() and array.max() < limit
    ):
        raise Refused(f"{where}[{key!r}] with numbers outside 0 to {limit - 1}")
    return array.astype(np.int64)


class Trials:
    """The trials of one pickle and, for each region, its spikes in them."""

    def __init__(self, content, prefix, regions):
        self.count = int(need(content, prefix + "total_trial_num", "the pickle"))
        everything, behaviour = need(content, prefix + "region_data", "the pickle"), need(
            content, prefix + "all_beh", "the pickle"
        )
        number = integers(behaviour, "trial_num", "all_beh", (self.count,), self.count)
        if len(set(number)) != self.count:
            raise Refused("all_beh['trial_num'] with a trial twice")
        order = np.argsort(number)
        self.stimulus = numbers(behaviour, "stim_hist", "all_beh", (self.count, None))[order]
        left = numbers(behaviour, "resp_time_left", "all_beh", (self.count,))[order]
        right = numbers(behaviour, "resp_time_right", "all_beh", (self.count,))[order]
        self.choice = np.where(left != -1, 1, np.where(right != -1, -1, 0)).astype(np.int8)
        self.response = np.where(left != -1, left, np.where(right != -1, right, np.nan))
        self.end = np.zeros(self.count)
        self.neurons = np.zeros((self.count, len(regions)), np.int64)
        self.spikes = []  # of each region: trial, id, time
        for g, region in enumerate(regions):
            data = everything.get(region)
            if data is None:
                self.spikes.append((np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)))
                continue
            trial = integers(data, "trial_num", region, (None,), self.count)
            self.neurons[trial, g] = integers(data, "#neuron", region, trial.shape, 2**31)
            self.end[trial] = numbers(data, "trial_end_times", region, trial.shape)
            time = numbers(data, "stim_to_spike", region, (None,))
            self.spikes.append(
                (
                    integers(data, "spike_trial_num", region, time.shape, self.count),
                    numbers(data, "spike_id", region, time.shape).astype(np.int64),
                    time,
                )
            )
        if unknown := set(everything) - set(regions):
            raise Refused(f"the region {sorted(unknown)[0]!r}, which region_index lacks")
        if not np.all(self.end > 0):
            raise Refused(
                f"trial {int(np.argmin(self.end))}, which no region saw or which ends at once"
            )


def sessions_of(parts):
    """The pickles do not tell sessions: trials that saw the same numbers of neurons are one. Of
    each trial of each part, its session."""
    rows = np.concatenate([part.neurons for part in parts])
    distinct, first, session = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.argsort(order)
    return distinct[order], np.split(
        rank[session.ravel()], np.cumsum([part.count for part in parts])[:-1]
    )


def unit_numbers(parts, sessions, neurons, regions):
    """Units by session, then region; of each part and region, the unit of each spike."""
    first = np.cumsum(np.concatenate([[0], neurons.ravel()]))[:-1].reshape(neurons.shape)
    unit_of = [[None] * len(regions) for _ in parts]
    ids = np.arange(neurons.sum())
    for g, region in enumerate(regions):
        spike_session = np.concatenate(
            [session[part.spikes[g][0]] for part, session in zip(parts, sessions)]
        )
        spike_id = np.concatenate([part.spikes[g][1] for part in parts])
        unit = np.zeros(len(spike_id), np.int64)
        for s in range(len(neurons)):
            here = spike_session == s
            known, rank = np.unique(spike_id[here], return_inverse=True)
            if len(known) > neurons[s, g]:
                raise Refused(
                    f"{len(known)} different 'spike_id' of {region} in trials with "
                    f"{neurons[s, g]} neurons"
                )
            ids[first[s, g] : first[s, g] + len(known)] = known
            unit[here] = first[s, g] + rank
        for p, piece in enumerate(
            np.split(unit, np.cumsum([len(part.spikes[g][0]) for part in parts])[:-1])
        ):
            unit_of[p][g] = piece
    return unit_of, ids


@contextlib.contextmanager
def whole_file(name):
    """A name to write under; it becomes the final one when all went well."""
    partial = pathlib.Path(str(name) + ".partial")
    try:
        yield partial
        os.replace(partial, name)
    finally:
        partial.unlink(missing_ok=True)


def write_dataset(name, part, session, neurons, unit_of, ids, regions, time_limit):
    """Dataset layout 1 (docs/dataset.md)."""
    trial = np.concatenate([spikes[0] for spikes in part.spikes])
    time = np.concatenate([spikes[2] for spikes in part.spikes])
    unit = np.concatenate(unit_of)
    outside = ~((time >= 0) & (time < part.end[trial]))
    if outside.any():
        raise Refused(
            f"a spike at {time[outside][0]} s in trial {trial[outside][0]}, which ends at "
            f"{part.end[trial[outside][0]]} s"
        )
    order = np.lexsort((unit, time, trial))
    with whole_file(name) as partial, h5py.File(partial, "w") as out:
        out.attrs.update(
            format="nnpoisson-dataset", version=1, time_limit=float(time_limit), bin_width=0.0
        )
        names = h5py.string_dtype("utf-8")
        out.create_dataset(
            "session/name", data=[f"session{s}" for s in range(len(neurons))], dtype=names
        )
        out.create_dataset("region/name", data=regions, dtype=names)
        out.create_dataset(
            "stimulus/name",
            data=[f"stimulus{f}" for f in range(part.stimulus.shape[1])],
            dtype=names,
        )
        out["trial/session"], out["trial/stimulus"] = session.astype(np.int32), part.stimulus
        out["trial/response_time"], out["trial/choice"], out["trial/observed_until"] = (
            part.response,
            part.choice,
            part.end,
        )
        out["unit/session"] = np.repeat(
            np.arange(len(neurons), dtype=np.int32), neurons.sum(axis=1)
        )
        out["unit/region"] = np.concatenate(
            [np.repeat(np.arange(len(regions), dtype=np.int32), row) for row in neurons]
        )
        out["unit/id"] = ids
        out["spike/offset"] = np.concatenate(
            [[0], np.cumsum(np.bincount(trial, minlength=part.count))]
        )
        out["spike/time"], out["spike/unit"] = time[order], unit[order].astype(np.int32)


def convert_authors(arguments):
    content = []
    for file in arguments.train, arguments.test:
        with about(file), open(file, "rb") as stream:
            content.append(read_pickle(stream))
    with about(arguments.train):
        index = need(content[0], "region_index", "the pickle")
        regions = sorted(index, key=lambda name: int(index[name]))
        parts = [Trials(content[0], "", regions)]
    with about(arguments.test):
        parts.append(Trials(content[1], "test_", regions))
        if parts[0].stimulus.shape[1] != parts[1].stimulus.shape[1]:
            raise Refused("stimuli of another length than the training trials have")
    limit = arguments.time_limit or max(part.end.max() for part in parts)
    for file, part in zip((arguments.train, arguments.test), parts):
        with about(file):
            if part.end.max() > limit:
                raise Refused(f"a trial of {part.end.max()} s, longer than --time-limit {limit}")
    with about(arguments.train):
        neurons, sessions = sessions_of(parts)
        unit_of, ids = unit_numbers(parts, sessions, neurons, regions)
    for p, (file, name) in enumerate(
        [(arguments.train, arguments.out_train), (arguments.test, arguments.out_test)]
    ):
        with about(file):
            write_dataset(name, parts[p], sessions[p], neurons, unit_of[p], ids, regions, limit)
    print(
        f"{parts[0].count} training trials, {parts[1].count} test trials, {len(neurons)} "
        f"sessions, {len(regions)} regions, "
        f"time limit {limit:g} s"
    )


# ---- Neuromatch sessions


def read_object_array(stream):
    """The sessions in `dat.npy`: a header that says 'O', then a pickle."""
    version = npy.read_magic(stream)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, kind = read_header(stream)
    if not kind.hasobject:
        raise Refused(f"an array of {kind}, not of sessions")
    sessions = read_pickle(stream)
    return sessions if isinstance(sessions, list) else [sessions]


def convert_nma(arguments):
    folder = pathlib.Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    for file in arguments.source:
        with about(file), zipfile.ZipFile(file) as archive:
            with archive.open("dat.npy") as stream:
                sessions = read_object_array(stream)
            for number, session in enumerate(sessions):
                where = f"session {number}"
                area = need(session, "brain_area", where)
                arrays = {
                    "spks": np.asarray(need(session, "spks", where)),
                    "brain_area": np.asarray(area).astype(str),
                }
                for name in "response", "contrast_left", "contrast_right":
                    arrays[name] = np.asarray(need(session, name, where)).ravel()
                times = "response_time" if "response_time" in session else "response_times"
                arrays["response_time"] = np.asarray(need(session, times, where)).ravel()
                for name in "bin_size", "stim_onset":
                    if name in session:
                        arrays[name] = np.float64(session[name])
                name = "_".join(
                    str(need(session, key, where)) for key in ("mouse_name", "date_exp")
                )
                if not name.replace("_", "").replace("-", "").isalnum():
                    raise Refused(f"{where} named {name!r}")
                with whole_file(folder / (name + ".npz")) as partial, open(partial, "wb") as out:
                    np.savez_compressed(out, **arrays)
                print(folder / (name + ".npz"))


@contextlib.contextmanager
def about(file):
    """Says of which file an error is."""
    try:
        yield
    except Refused as refused:
        stop(
            3,
            f"{file}: holds {refused}; only arrays, dictionaries, lists, numbers and strings in "
            f"the known layout are read",
        )
    except OSError as error:
        stop(4, f"{error.filename or file}: {error.strerror or error}")
    except (
        pickle.UnpicklingError,
        zipfile.BadZipFile,
        EOFError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        ImportError,
        OverflowError,
        UnicodeError,
        RecursionError,
        MemoryError,
    ) as error:
        stop(3, f"{file}: cannot be read ({type(error).__name__}: {error})")


def stop(status, text):
    print("convert_pickle: " + " ".join(text.split()), file=sys.stderr)
    sys.exit(status)


def main():
    command_line = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kinds = command_line.add_subparsers(required=True)
    authors = kinds.add_parser("authors")
    authors.add_argument("train"), authors.add_argument("test")
    authors.add_argument("--out-train", required=True), authors.add_argument(
        "--out-test", required=True
    )
    authors.add_argument("--time-limit", type=float, help="W, s; without it, the longest trial")
    authors.set_defaults(convert=convert_authors)
    nma = kinds.add_parser("nma")
    nma.add_argument("source", nargs="+"), nma.add_argument("--out", required=True)
    nma.set_defaults(convert=convert_nma)
    arguments = command_line.parse_args()
    arguments.convert(arguments)


if __name__ == "__main__":
    main()
