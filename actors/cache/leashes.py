"""Runs a command that dies with the process that started it: `python leashes.py COMMAND ARGUMENT…`.

Linux only (prctl(2), PR_SET_PDEATHSIG, which execve keeps). Run as a file, never imported, and needs nothing but the
standard library. A parent's `preexec_fn` could do the same, but not safely in a process with threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        sys.exit("prctl failed: the server would outlive us")
    if os.getppid() != parent:
        sys.exit("the parent ended before the leash was on")
    os.execv(command[0], command)
