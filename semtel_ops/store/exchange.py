"""Exchange of two folders in one step, which Python has no function for."""

import ctypes
import errno
import os
import sys
from pathlib import Path

_LINUX_EXCHANGE = 2  # RENAME_EXCHANGE of linux/fs.h
_MACOS_SWAP = 2  # RENAME_SWAP of sys/stdio.h
_AT_FDCWD = -100 if sys.platform == "linux" else -2
_UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})


def exchange(first: Path, second: Path) -> bool:
    """Exchange two existing folders of a file system atomically: at every instant, both names exist.

    Returns:
        False if the system or the file system (NFS, for example) cannot, and nothing was changed.

    Raises:
        OSError: a folder does not exist or may not be renamed.
    """
    function, flag = ("renameat2", _LINUX_EXCHANGE) if sys.platform == "linux" else ("renameatx_np", _MACOS_SWAP)
    rename = getattr(ctypes.CDLL(None, use_errno=True), function, None)
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), ctypes.c_uint(flag)) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code), str(second))
