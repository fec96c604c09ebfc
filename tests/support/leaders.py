"""Which of several workers does what one does for all."""

from pathlib import Path

from mcp_perf.workers.meeting.directory import of_user


def leader(pids, work):
    """Which of these processes does that `work`, a pattern of its directory; None for none."""
    inodes = {path.stat().st_ino for path in of_user().glob(f"*/*/{work}/leader")}
    for line in Path("/proc/locks").read_text().splitlines():
        words = line.split()
        pid, inode = int(words[4]), int(words[5].rpartition(":")[2])
        if words[1] == "FLOCK" and inode in inodes and pid in pids:
            return pid
    return None
