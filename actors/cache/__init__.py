"""Shared memory between processes: supervised Redis servers and guarded ways to them."""
