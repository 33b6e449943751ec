"""Starts an installation on this machine, watches it, and takes down everything it started."""
