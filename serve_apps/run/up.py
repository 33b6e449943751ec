"""The process that holds the installation up: Ray, the cast, Serve's applications. Ends all three on SIGTERM.

`__main__` starts it with the environment Ray needs at import; closing its standard input stops it too, so it cannot
outlive whoever started it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import traceback

import ray
from ray import serve

from actors import cluster, knobs, settings
from actors.database import engines, migrations
from serve_apps.assistant import deployment as assistant
from serve_apps.gateway import apps
from serve_apps.gateway import deployment as gateway
from serve_apps.perception import deployment as perception
from serve_apps.run import consoles, environments, greetings


def main() -> None:
    """Start everything, then wait to be told to stop."""
    # Ray prints what it likes; only our own lines reach the person who waits.
    screen, sys.stdout = sys.stdout, sys.stderr
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    threading.Thread(target=_watch_parent, args=(stop,), daemon=True).start()

    chosen, numbers = settings.Settings(), knobs.Knobs()
    try:
        apps.check(chosen.cache)
    except ValueError as error:
        greetings.say(str(error), screen)
        sys.exit(2)
    asyncio.run(_prepare_database(chosen))
    greetings.say("starting Ray", screen)
    try:
        cluster.start(chosen)
    except Exception:  # Ray says with a bare one that its daemons did not answer within its 30 s
        traceback.print_exc()
        sys.exit(environments.RAY_DID_NOT_START)
    (chosen.home / "ray-address").write_text(ray.get_runtime_context().gcs_address)
    # Ray takes SIGTERM for itself in ray.init.
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        embeddings = perception.reach(chosen)
        cluster.create(chosen, numbers, embeddings)
        greetings.say("starting the applications", screen)
        serve.start(
            http_options={"host": chosen.http.host, "port": chosen.http.port},
            logging_config={"log_level": chosen.log_level},
        )
        serve.run_many(
            [
                serve.RunTarget(perception.build(chosen), name=perception.APP, route_prefix=None),
                serve.RunTarget(assistant.build(chosen, numbers, embeddings), name=assistant.APP, route_prefix=None),
                serve.RunTarget(gateway.build(chosen, numbers, embeddings), name=gateway.APP, route_prefix="/"),
                *consoles.targets(chosen, screen),
            ],
            wait_for_applications_running=False,
        )
        stop.wait()
    finally:
        serve.shutdown()  # type: ignore[no-untyped-call]
        ray.shutdown()


async def _prepare_database(chosen: settings.Settings) -> None:
    database = engines.Database(chosen.truth_url, chosen.database)
    try:
        await migrations.upgrade(database)
    finally:
        await database.close()


def _watch_parent(stop: threading.Event) -> None:
    """Standard input ends when the parent does."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    stop.set()


if __name__ == "__main__":
    main()
