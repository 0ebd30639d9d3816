"""What scripts/gpu-check makes of programs that pass, fail, hang or are missing.

usage: gpu_check_test.py SCRIPT
The programs and the GPU's tools are stand-ins (stand_ins/), in a project folder of the test's own.
Each of them writes its command line to the file calls. Beside them the script finds the system's
tools of TOOLS and nothing else, so that a real ncu or python3 does not join in.
"""

import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SCRIPT = pathlib.Path(sys.argv.pop(1)).resolve()
STAND_INS = pathlib.Path(__file__).resolve().parent / "stand_ins"
PROGRAMS = {
    "apps/nnpoisson": "nnpoisson",
    "tests/test_engine": "tests",
    "tests/test_wimmer": "tests",
    "bench/nnpoisson_bench": "nnpoisson_bench",
}
GPU_TOOLS = ["nvidia-smi", "ncu", "compute-sanitizer", "python3"]
TOOLS = """awk bash cat cp cut date dirname env find fold grep gzip head ldd lscpu mkdir mktemp mv
           nproc paste rm sed sleep sort stat strip tail tar timeout tr xargs xz""".split()
STEPS = """device golden_cori7 golden_rats5 exact_cori7 paper_data paper_authors paper_exact jax
           conformance simulator wimmer benchmarks ncu memcheck racecheck""".split()
ONLY_WITH_GPU = ["device", "jax", "ncu", "memcheck", "racecheck"]
TABLE = ",train loss neural,iter\n0,273.98767,0\n1,195.35638,1\n"


def still_runs(process):
    try:
        state = pathlib.Path("/proc", process, "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # ended, though nobody asked for its status yet


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.project, self.tools, self.shared = (
            self.folder / "project",
            self.folder / "tools",
            self.folder / "shared",
        )
        self.build, self.out, self.temporary = (
            self.project / "build/release",
            self.folder / "out",
            self.folder / "tmp",
        )
        for folder in (self.project / "scripts", self.tools, self.temporary):
            folder.mkdir(parents=True)
        self.script = self.project / "scripts/gpu-check"
        shutil.copy(SCRIPT, self.script)
        self.put_stand_ins(self.build)
        for name in GPU_TOOLS:
            shutil.copy(STAND_INS / name, self.tools)
        for name in TOOLS:
            (self.tools / name).symlink_to(shutil.which(name))
        for data in ("cori7", "rats5"):
            for name in ("train.h5", "test.h5", "run/models-0/model-fwd.h5"):
                self.write(self.shared / "golden" / data / name, "numbers")
            self.write(self.shared / "golden" / data / "run/test.csv", TABLE)
        for name in ("jax_peer.py", "paper_shape.py"):
            self.write(self.shared / "peers" / name, "# a program")

    @staticmethod
    def write(path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    @staticmethod
    def put_stand_ins(build):
        for path, name in PROGRAMS.items():
            (build / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(STAND_INS / name, build / path)

    def instead(self, path, script):
        """A program with other behaviour; `usual "$@"` in it is what the stand-in does."""
        path, usual = pathlib.Path(path), pathlib.Path(path).with_name(
            "usual_" + pathlib.Path(path).name
        )
        if not usual.exists() and path.exists():
            path.rename(usual)
        path.write_text(f'#!/bin/bash\nusual() {{ "{usual}" "$@"; }}\n{script}\n')
        path.chmod(0o755)

    def environment(self, **more):
        return {
            "PATH": str(self.tools),
            "HOME": str(self.folder),
            "TMPDIR": str(self.temporary),
            "CUDA_HOME": str(self.folder / "cuda"),
            "CALLS": str(self.folder / "calls"),
            "NNP_STEP_LIMIT": "30",
            **more,
        }

    def check(self, *words, script=None, **more):
        return subprocess.run(
            [script or self.script, *words],
            env=self.environment(**more),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def run_all(self, *words, status=0, **more):
        """Runs the check and returns its report, by step."""
        done = self.check("--out", self.out, *words, **more)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertEqual(list(self.temporary.iterdir()), [], "what it left in the temporary folder")
        return self.steps()

    def report(self):
        return json.loads((self.out / "gpu-check.json").read_text())

    def steps(self):
        return {step["name"]: step for step in self.report()["steps"]}

    def calls(self, start):
        return [
            line
            for line in (self.folder / "calls").read_text().splitlines()
            if line.startswith(start)
        ]

    def assert_nobody_sleeps(self):
        deadline = time.monotonic() + 3
        while any(still_runs(line.split()[1]) for line in self.calls("asleep")):
            self.assertLess(time.monotonic(), deadline, "a process that it started still runs")
            time.sleep(0.02)

    def assert_only(self, steps, result, names):
        """Those steps have that result, and all others passed."""
        self.assertEqual(
            {name: step["result"] for name, step in steps.items() if step["result"] != "passed"},
            {name: result for name in names},
        )


class WhereAllIsWell(Case):
    def test_every_step_passes(self):
        steps = self.run_all()
        self.assertEqual(list(steps), STEPS)
        self.assert_only(steps, "passed", [])

        self.assertTrue(steps["device"]["note"].startswith("NVIDIA H100 80GB HBM3, 580.95.05"))
        self.assertEqual(steps["golden_cori7"]["note"], "2 rows, largest error 1.0e-07")
        self.assertEqual(
            steps["exact_cori7"]["note"],
            "2 rows, largest error 0.0e+00; 2e+09 spikes/s on cuda, 2e+09 on cpu",
        )
        self.assertEqual(steps["paper_data"]["note"], "10062 trials, 35860 units, 15001234 spikes")
        self.assertEqual(steps["paper_authors"]["note"], "9e+09 spikes/s")
        self.assertEqual(steps["paper_exact"]["note"], "2e+09 spikes/s")
        self.assertEqual(
            steps["jax"]["note"], "4.5e+08 spikes/s; preset authors 9e+09, 20.00 times as many"
        )
        self.assertEqual(steps["conformance"]["note"], "12 tests passed")
        self.assertEqual(steps["simulator"]["note"], "3 tests passed")
        self.assertRegex(
            steps["wimmer"]["note"], r"^[0-9.e+]+ trials/s, all told; 1800 trials, .* on cuda$"
        )
        self.assertEqual(
            steps["benchmarks"]["note"],
            "2 benchmarks; cuda/large_batch/float/trials_of_session/60 spikes/s=3.88G/s",
        )
        self.assertIn("Registers Per Thread register/thread 128", steps["ncu"]["note"])
        self.assertEqual(steps["racecheck"]["note"], "3 tests passed; ERROR SUMMARY: 0 errors")
        self.assert_report_is_whole()
        self.assert_commands()

    def assert_report_is_whole(self):
        report, text = self.report(), (self.out / "gpu-check.md").read_text()
        self.assertTrue(report["complete"])
        self.assertEqual(report["benchmarks"], {"benchmarks": [{"name": "cuda/large_batch"}]})
        self.assertIn("can be used", report["devices"])
        for step in STEPS:
            self.assertRegex(text, rf"\| {step} \| passed \| \d+\.\d \|")
        for quoted in (
            "    cuda/large_batch/real_time ",
            "    Achieved Occupancy ",
            "    smsp__average_warps_issue_stalled_barrier",
        ):
            self.assertIn("\n" + quoted, text)

        packed = subprocess.run(
            ["tar", "-tzf", self.out / "gpu-check.tar.gz"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        left = [path.name for path in self.out.iterdir() if path.name != "gpu-check.tar.gz"]
        self.assertEqual(sorted(packed), sorted(left))
        for name in (
            "gpu-check.md",
            "gpu-check.json",
            "benchmarks.json",
            "ncu.ncu-rep",
            *(step + ".log" for step in STEPS),
        ):
            self.assertIn(name, packed)

    def assert_commands(self):
        self.assertEqual(
            {
                line.split()[2]
                for line in self.calls("test_engine rows=cuda")
                if "Conformance" in line
            },
            {f"shard={k}/4" for k in range(4)},
        )
        self.assertEqual(
            self.calls("test_wimmer"),
            ["test_wimmer rows=cuda shard=/ --gtest_brief=1 --gtest_filter=Device.*"],
        )
        authors, exact = (line for line in self.calls("nnpoisson train") if "paper.h5" in line)
        self.assertRegex(
            authors,
            "--preset authors --backend cuda .*iterations=1 .*episodes=20 .*time_resolution=0",
        )
        self.assertRegex(exact, "--preset exact --backend cuda .*iterations=20 .*validation=0")
        cori, rats = (
            line for line in self.calls("nnpoisson train --quiet --preset authors --backend cuda")
        )
        self.assertRegex(
            cori, "--init .*/models-0/model-fwd.h5 .*iterations=21 .*episodes=2 .*batches=10$"
        )
        self.assertRegex(rats, "golden/rats5/.*batches=5$")
        self.assertEqual(
            [
                line.split()[5]
                for line in self.calls("nnpoisson train --preset exact")
                if "--seed 0" in line
            ],
            ["cpu", "cuda"],
        )
        self.assertRegex(
            self.calls("ncu")[0],
            "--clock-control none .*regex:program_kernel --launch-count 1 .*large_batch/float",
        )
        self.assertEqual(
            [line.split()[2] for line in self.calls("compute-sanitizer")], ["memcheck", "racecheck"]
        )
        self.assertIn("--record sample --train-test", self.calls("nnpoisson simulate")[0])
        self.assertEqual(self.calls("nnpoisson simulate")[0].count("--trials"), 0)

    def test_dry_run_takes_the_processor(self):
        self.instead(
            self.build / "apps/nnpoisson",
            '[ "$1" != info ] || { echo "cuda: no NVIDIA driver is installed"; exit; }; usual "$@"',
        )
        steps = self.run_all("--dry-run")
        self.assertEqual(list(steps), STEPS)
        self.assert_only(steps, "skipped", ONLY_WITH_GPU)
        self.assertEqual(
            [line for line in self.calls("") if "cuda" in line.replace(str(self.folder), "")], []
        )
        self.assertEqual(len(self.calls("test_engine rows=cpu")), 4)
        self.assertTrue(
            any(
                "paper_shape.py" in line and line.endswith("--trials 20")
                for line in self.calls("python3")
            )
        )


class WhereSomethingFails(Case):
    def test_single_steps(self):
        self.instead(
            self.build / "tests/test_wimmer",
            'echo "[  FAILED  ] Device.HasTheHostsSpikes (3 ms)"; exit 1',
        )
        self.instead(
            self.build / "bench/nnpoisson_bench",
            """usual "$@"; echo "cuda/authors ERROR OCCURRED: 'no memory'" """,
        )
        steps = self.run_all(status=1)
        self.assertEqual(list(steps), STEPS)
        self.assert_only(steps, "failed", ["simulator", "benchmarks"])
        self.assertEqual(steps["simulator"]["note"], "failed: Device.HasTheHostsSpikes")
        self.assertEqual(steps["benchmarks"]["note"], "cuda/authors ERROR OCCURRED: 'no memory'")

    def test_many_steps(self):
        self.instead(
            self.build / "apps/nnpoisson",
            r"""
            case "$*" in
              *"--preset authors"*paper.h5*) printf 'nnpoisson: "a\\b" | \tc\n' >&2; exit 3 ;;
              *"--preset exact --backend cuda"*cori7*)
                usual "$@"
                sed -i 's/273.98767/274.2/' "${11}/test.csv" ;;
              *) usual "$@" ;;
            esac""",
        )
        self.instead(
            self.build / "tests/test_engine",
            '[ "$GTEST_SHARD_INDEX" != 2 ] || { echo "a broken one"; exit 3; }; usual "$@"',
        )
        self.instead(
            self.build / "bench/nnpoisson_bench",
            r"""
            for word; do
              case $word in --benchmark_out=*) printf '{\n  "benchmarks": [' >"${word#*=}" ;; esac
            done
            exit 1""",
        )
        self.instead(self.tools / "ncu", "echo '==WARNING== No kernels were profiled.'")
        self.instead(
            self.tools / "compute-sanitizer",
            'usual "$@" | sed "s/0 errors/2 errors/"; [ "$2" != memcheck ]',
        )

        steps = self.run_all(status=1)
        self.assertEqual(list(steps), STEPS)
        self.assert_only(
            steps,
            "failed",
            ["exact_cori7", "paper_authors", "conformance", "benchmarks", "ncu", "memcheck"],
        )
        self.assertRegex(
            steps["exact_cori7"]["note"],
            r"7.7e-04 in row 0, column 2 \(train loss neural\): 274.2, wanted 273.98767",
        )
        self.assertEqual(steps["paper_authors"]["note"], 'exit status 3: nnpoisson: "a\\b" | ?c')
        self.assertEqual(steps["jax"]["note"], "4.5e+08 spikes/s", "without ours there is no ratio")
        self.assertEqual(steps["ncu"]["note"], "no kernel was measured")
        self.assertIn("2 errors", steps["memcheck"]["note"])
        self.assertIsNone(self.report()["benchmarks"], "half a file")

    def test_step_that_hangs(self):
        self.instead(
            self.build / "tests/test_engine",
            """
            [ "$GTEST_SHARD_INDEX" = 0 ] || { usual "$@"; exit; }
            echo "asleep $$" >>"$CALLS"
            trap "" TERM
            while true; do sleep 30; done""",
        )
        began = time.monotonic()
        steps = self.run_all(status=1, NNP_STEP_LIMIT="2")
        self.assert_only(steps, "failed", ["conformance"])
        self.assertRegex(steps["conformance"]["note"], "it took longer than 2 s")
        self.assertGreaterEqual(steps["conformance"]["seconds"], 2)
        self.assertLess(time.monotonic() - began, 30)
        self.assert_nobody_sleeps()

    def test_shards_are_waited_for_after_every_signal(self):
        """Else timeout, which may send TERM twice, would see its command end and leave a shard that
        does not."""
        shard = """[ "$GTEST_SHARD_INDEX" = 0 ] || exit 0; trap "" TERM; sleep 3"""
        waiting = subprocess.Popen(
            [
                "bash",
                "-c",
                f"""source <(sed -n '/^in_shards() {{/,/^}}/p' "{SCRIPT}")
            in_shards bash -c '{shard}'""",
            ]
        )
        for _ in range(2):
            time.sleep(0.5)
            waiting.terminate()
        time.sleep(0.5)
        self.assertIsNone(waiting.poll(), "it left its shard alone")
        waiting.wait()

    def test_steps_that_select_nothing(self):
        self.instead(self.build / "tests/test_engine", 'echo "[  PASSED  ] 0 tests."')
        self.instead(
            self.build / "bench/nnpoisson_bench",
            "echo 'Failed to match any benchmarks against regex: ^cuda/' >&2",
        )
        steps = self.run_all(status=1)
        self.assert_only(steps, "failed", ["conformance", "benchmarks", "memcheck", "racecheck"])
        self.assertEqual(steps["conformance"]["note"], "0 tests passed")

    def test_golden_table_that_differs(self):
        number, row, column, same = (
            "row 1, column 2 (train loss neural): ",
            "2d",
            "1s/neural/total/",
            "",
        )
        for cori, rats, notes in (
            (
                "s/195.35640/195.46/",
                "s/195.35640/nan/",
                ("2 rows, largest error 5.3e-04 in " + number, number + "nan, wanted 195.35638"),
            ),
            ("s/195.35640//", row, (number + ", wanted 195.35638", "1 rows of 2")),
            ("3p", column, ("more rows than the 2 wanted", "other columns: ,train loss total")),
            ("d", same, ("0 rows of 2", None)),
            ("s/195.35640/195.44/", "s/195.35640/195.26/", (None, None)),
        ):  # 4.3e-4 and -4.9e-4, within the tolerance
            with self.subTest(cori=cori, rats=rats):
                self.instead(
                    self.build / "apps/nnpoisson",
                    f"""
                    usual "$@"
                    while [ "$1" != --out ] && [ $# -gt 0 ]; do shift; done
                    case "$2" in
                      *golden_cori7) sed -i '{cori}' "$2/test.csv" ;;
                      *golden_rats5) sed -i '{rats}' "$2/test.csv" ;;
                    esac""",
                )
                wanted = {
                    step: note
                    for step, note in zip(("golden_cori7", "golden_rats5"), notes)
                    if note
                }
                steps = self.run_all(status=1 if wanted else 0)
                self.assert_only(steps, "failed", wanted)
                for step, note in wanted.items():
                    self.assertIn(note, steps[step]["note"])


class WhereSomethingIsMissing(Case):
    def test_no_driver(self):
        self.instead(
            self.build / "apps/nnpoisson",
            'echo "cpu: 2 threads"; echo "cuda: no NVIDIA driver is installed; this build needs '
            'one"',
        )
        done = self.check("--out", self.out)
        self.assertEqual(
            (done.returncode, done.stdout, done.stderr),
            (
                4,
                "",
                "gpu-check: no GPU that this build can use: no NVIDIA driver is installed; this "
                "build needs one\n",
            ),
        )

    def test_no_library(self):
        self.instead(
            self.build / "apps/nnpoisson",
            'echo "nnpoisson: error while loading libfmt.so.9" >&2; exit 127',
        )
        done = self.check("--out", self.out)
        self.assertEqual(done.returncode, 4)
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertIn("libfmt.so.9", done.stderr)

    def test_no_program(self):
        (self.build / "bench/nnpoisson_bench").unlink()
        done = self.check("--out", self.out)
        self.assertEqual(done.returncode, 2)
        self.assertIn("bench/nnpoisson_bench", done.stderr)

    def test_no_tools(self):
        for name in GPU_TOOLS:
            (self.tools / name).unlink()
        steps = self.run_all()
        needs_python = ["paper_data", "paper_authors", "paper_exact", "jax"]
        self.assert_only(steps, "skipped", [*needs_python, "ncu", "memcheck", "racecheck"])
        self.assertEqual(steps["ncu"]["note"], "ncu is not there")
        self.assertEqual(steps["paper_data"]["note"], "there is no python3 with h5py numpy")
        self.assertRegex(steps["device"]["note"], "^cuda: NVIDIA H100 .*: can be used$")

    def test_no_shared_folder(self):
        shutil.rmtree(self.shared)
        steps = self.run_all()
        self.assert_only(
            steps,
            "skipped",
            [
                "golden_cori7",
                "golden_rats5",
                "exact_cori7",
                "paper_data",
                "paper_authors",
                "paper_exact",
                "jax",
            ],
        )
        self.assertIn("golden/cori7 is not there", steps["exact_cori7"]["note"])

    def test_gpu_that_others_may_not_use(self):
        self.instead(
            self.tools / "ncu",
            "echo '==ERROR== ERR_NVGPUCTRPERM - The user does not have permission'; exit 1",
        )
        self.instead(
            self.tools / "python3",
            """case $1 in *jax_peer.py) usual "$@" | sed 's/on gpu/on cpu/' ;; *) usual "$@" ;;
            esac""",
        )
        steps = self.run_all()
        self.assert_only(steps, "skipped", ["jax", "ncu"])
        self.assertIn("ERR_NVGPUCTRPERM", steps["ncu"]["note"])
        self.assertRegex(steps["jax"]["note"], "JAX was not on the GPU: .* spikes/s on cpu$")

    def test_jax_that_ends(self):
        for message, result, status in (
            ("Unable to initialize backend 'cuda'", "skipped", 0),
            ("out of memory", "failed", 1),
        ):
            with self.subTest(message):
                self.instead(
                    self.tools / "python3",
                    f'case $1 in *jax_peer.py) echo "{message}"; exit 1 ;; *) usual "$@" ;; esac',
                )
                steps = self.run_all(status=status)
                self.assert_only(steps, result, ["jax"])
                self.assertTrue(steps["jax"]["note"].endswith("exit status 1: " + message))


class WhereItIsCutShort(Case):
    def start_and_wait_for_conformance(self):
        # Sleeps a few seconds only: what a killed script has started ends by itself.
        self.instead(self.build / "tests/test_engine", 'echo "asleep $$" >>"$CALLS"; exec sleep 5')
        started = subprocess.Popen(
            [self.script, "--out", self.out],
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
        )
        deadline = time.monotonic() + 30
        while not ((self.folder / "calls").exists() and len(self.calls("asleep")) == 4):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        return started

    def assert_report_of_what_was_learnt(self):
        self.assertEqual(list(self.steps()), STEPS[: STEPS.index("conformance")])
        self.assertFalse(self.report()["complete"])
        self.assertIn("Not finished.", (self.out / "gpu-check.md").read_text())
        self.assertEqual([path.name for path in self.out.iterdir() if "part" in path.name], [])

    def test_killed(self):
        started = self.start_and_wait_for_conformance()
        started.kill()
        started.wait()
        self.assert_report_of_what_was_learnt()

    def test_asked_to_end(self):
        started = self.start_and_wait_for_conformance()
        started.send_signal(signal.SIGTERM)
        self.assertEqual(started.wait(timeout=4), 143)
        self.assert_report_of_what_was_learnt()
        self.assertEqual(list(self.temporary.iterdir()), [])
        self.assert_nobody_sleeps()


class CommandLine(Case):
    def test_wrong_ones(self):
        for words in (
            ["--fast"],
            ["out"],
            ["--out"],
            ["--build", ""],
            ["--bundle"],
            ["--bundle", "b.tar.xz", "--arch", "ninety"],
            ["--bundle", "b.tar.xz", "--dry-run"],
        ):
            with self.subTest(words):
                done = self.check(*words)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn("usage: scripts/gpu-check", done.stderr)
        self.assertFalse((self.folder / "calls").exists(), "nothing was run")

    def test_build_and_default_folders(self):
        elsewhere = self.folder / "elsewhere"
        self.build.rename(elsewhere)
        self.assertEqual(self.check().returncode, 2)
        self.assertEqual(self.check("--build", elsewhere).returncode, 0)
        self.assertTrue((self.folder / "out/gpu-check/gpu-check.md").exists())


class Bundle(Case):
    def setUp(self):
        super().setUp()
        self.file, self.built, library = (
            self.folder / "bundle.tar.xz",
            self.folder / "built",
            self.folder / "libown.so",
        )
        for options in (
            ["-shared", "-Wl,-soname,libown.so", "-o", library],
            ["-o", self.built, "-Wl,--no-as-needed,-rpath," + str(self.folder), library],
        ):
            subprocess.run(
                ["cc", "-g", "-x", "c", "-", "-x", "none", *options],
                input="int main(void) { return 0; }",
                text=True,
                check=True,
            )
        for path in PROGRAMS:
            shutil.copy(self.built, self.build / path)

    def make(self, *words, status=0, **more):
        done = self.check("--bundle", self.file, *words, BUILT=str(self.built), **more)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertEqual(
            [path.name for path in self.folder.glob("bundle*") if path != self.file],
            [],
            "half-written files",
        )
        self.assertEqual(list(self.temporary.iterdir()), [])
        return done

    def unpack(self):
        folder = self.folder / "unpacked"
        folder.mkdir()
        subprocess.run(["tar", "-xJf", self.file, "-C", folder], check=True)
        return folder

    def test_holds_what_it_must(self):
        said = self.make("--build", self.build).stdout
        self.assertIn(f"{self.file.stat().st_size} bytes", said)
        self.assertIn("libown.so", said)
        self.assertRegex(
            said, rf"tar -xJf {self.file} -C /tmp/gpu-check && /tmp/gpu-check/gpu-check --out OUT"
        )

        folder = self.unpack()
        self.assertEqual(
            {path.name for path in folder.iterdir()},
            {"gpu-check", "apps", "tests", "bench", "lib", "shared"},
        )
        self.assertTrue(os.access(folder / "gpu-check", os.X_OK))
        for path in PROGRAMS:
            self.assertTrue(os.access(folder / path, os.X_OK))
            self.assertLess((folder / path).stat().st_size, self.built.stat().st_size, "stripped")
        libraries = {path.name for path in (folder / "lib").iterdir()}
        self.assertIn("libown.so", libraries)
        self.assertEqual(
            [name for name in libraries if name.startswith(("libc.", "libm.", "ld-"))], []
        )
        for data in ("cori7", "rats5"):
            for name in ("train.h5", "test.h5", "run/test.csv", "run/models-0/model-fwd.h5"):
                self.assertTrue((folder / "shared/golden" / data / name).exists())
        self.assertTrue((folder / "shared/peers/jax_peer.py").exists())
        self.assertTrue((folder / "shared/peers/paper_shape.py").exists())

    def test_runs_where_it_was_unpacked(self):
        self.make("--build", self.build)
        folder = self.unpack()
        shutil.rmtree(self.project)
        shutil.rmtree(self.shared)
        self.put_stand_ins(folder)
        self.script = folder / "gpu-check"
        self.assert_only(self.run_all(), "passed", [])

    def test_builds_for_one_architecture(self):
        shutil.copy(STAND_INS / "cmake", self.tools)
        for words, architecture in (([], "90"), (["--arch", "100a"], "100a")):
            self.make(*words)
            configured, built = self.calls("cmake")[-2:]
            self.assertTrue(
                configured.endswith(
                    f"-DNNPOISSON_CUDA=ON -DCMAKE_CUDA_ARCHITECTURES={architecture}-real"
                ),
                configured,
            )
            self.assertTrue(
                built.endswith("--target nnpoisson test_engine test_wimmer nnpoisson_bench"), built
            )
            self.assertTrue((self.project / "build/gpu-check/apps/nnpoisson").exists())

    def test_too_large(self):
        self.file.write_text("an older one")
        said = self.make("--build", self.build, status=1, NNP_BUNDLE_LIMIT="1000").stderr
        self.assertRegex(said, r"the bundle has \d{4,} bytes, more than the 1000")
        self.assertEqual(self.file.read_text(), "an older one")

    def test_program_that_is_missing(self):
        (self.build / "tests/test_wimmer").unlink()
        self.make("--build", self.build, status=2)
        self.assertFalse(self.file.exists())

    def test_packing_that_fails(self):
        (self.tools / "xz").unlink()
        self.instead(self.tools / "xz", "head -c 100; exit 1")
        self.make("--build", self.build, status=1)
        self.assertFalse(self.file.exists())

    def test_without_recordings(self):
        shutil.rmtree(self.shared / "golden")
        self.assertIn("golden/cori7, which is not there", self.make("--build", self.build).stderr)
        self.assertTrue((self.unpack() / "shared/peers/jax_peer.py").exists())


def run_one(test):
    result = unittest.TestResult()
    test.run(result)
    return result


def main():
    tests = [
        test
        for of_class in unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
        for test in of_class
    ]
    with concurrent.futures.ThreadPoolExecutor(
        4
    ) as pool:  # they wait for processes most of the time
        results = list(pool.map(run_one, tests))
    wrong = [pair for result in results for pair in result.failures + result.errors]
    for test, what in wrong:
        print(f"FAILED {test.id()}\n{what}")
    print(f"{len(tests)} tests, {len(wrong)} failures")
    return 1 if wrong or not tests else 0


if __name__ == "__main__":
    sys.exit(main())
