"""Whether the console is part of this run. It is an extra: without its package the rest starts all the same."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TextIO

from ray import serve

from actors import settings
from serve_apps.run import greetings

PREFIX = "/console"


def targets(chosen: settings.Settings, screen: TextIO) -> list[serve.RunTarget]:
    """Return the console's application, or nothing."""
    if not chosen.console.enabled:
        return []
    if importlib.util.find_spec("gradio") is None:
        greetings.say("no console: install the package with its `console` extra, or start with --no-console", screen)
        return []
    deployment = importlib.import_module("serve_apps.console.deployment")  # only now: it needs the extra
    return [serve.RunTarget(deployment.build(chosen), name="console", route_prefix=PREFIX)]
