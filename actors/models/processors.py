"""What the processor can do with 8-bit integers. Knows cpuinfo; knows no model."""

from __future__ import annotations

import platform
from pathlib import Path

VNNI = frozenset({"avx512_vnni", "avx_vnni"})
X86 = frozenset({"x86_64", "amd64", "i686"})


def flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """Return the first core's feature flags; empty where the kernel does not tell."""
    try:
        lines = cpuinfo.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return frozenset()
    found = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(found.partition(":")[2].split())


def saturates(features: frozenset[str], machine: str | None = None) -> bool:
    """Say whether 8-bit products overflow their 16-bit sums here, so that weights must keep to 7 bits.

    x86 before VNNI adds two u8×s8 products in one saturating int16 (VPMADDUBSW); VNNI and ARM do not.
    """
    return (machine or platform.machine()).lower() in X86 and not features & VNNI
