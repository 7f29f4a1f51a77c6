"""Run in Odoo's Python: bench_run.py BENCHMARK.py RESULT.json."""
import contextlib
import importlib.util
import inspect
import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from kit import databases, environment, paths, server, templates
from session import configure, environment_on


class Bench:
    """What a benchmark may ask for beside its environment. All of it is gone when the benchmark ends."""

    def __init__(self, name, stack):
        self._name, self._stack, self._made = name, stack, 0

    def database(self, modules=None):
        """The name of a fresh database: with exactly these modules, or with all of the suite."""
        template = templates.upstream(tuple(modules)) if modules else templates.suite()
        self._made += 1
        return self._stack.enter_context(databases.temporary(template, f"{self._name}_{self._made}"))

    def environment(self, database):
        """A context manager; what is not committed in it is rolled back."""
        return environment_on(database)

    @contextlib.contextmanager
    def serve(self, database, *arguments):
        """The address of an Odoo that serves the database; `arguments` are Odoo's."""
        port, log = environment.free_port(), paths.LOGS / f"bench-{self._name}-{os.getpid()}.log"
        running = server.start(database, port, log, *arguments)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.stop(running)


def load(path):
    sys.path.append(str(path.parent))       # benchmarks may share helpers
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(path, target):
    configure()
    module, name = load(path), path.stem.removeprefix("bench_")
    with contextlib.ExitStack() as stack:
        bench = Bench(name, stack)
        extra = (bench,) if len(inspect.signature(module.run).parameters) > 1 else ()
        with environment_on(bench.database(getattr(module, "MODULES", None))) as env:
            result = module.run(env, *extra)
            env.cr.rollback()
    target.write_text(json.dumps({"name": name, **result}, indent=2, default=str) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
