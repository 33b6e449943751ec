"""The web console. A client of the gateway like any other: it speaks HTTP and imports nothing of the cast's work."""

from importlib import util

if util.find_spec("gradio") is None:
    raise ImportError("The console needs Gradio: install the package with its `console` extra (consilium[console]).")
