"""What plugins share: running a program."""
import xapi
from xapi.storage import log


def call(dbg, cmd_args, error=True, simple=True, expRc=0):
    """Runs a program to its end and returns its stdout, as bytes.

    :param dbg: debug string of the request, for the log
    :param cmd_args: the program and its arguments; there is no shell
    :param error: whether another exit status than expRc raises InternalError
    :param simple: False to return stdout, stderr and the exit status
    """
    import subprocess

    log.debug("%s: Running cmd %s", dbg, cmd_args)
    process = subprocess.Popen(cmd_args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, close_fds=True)
    stdout, stderr = process.communicate()
    if error and process.returncode != expRc:
        text = "%s ended with exit status %s: %s" % (
            " ".join(cmd_args),
            process.returncode,
            stderr.decode("utf-8", "replace").strip(),
        )
        log.error("%s: %s", dbg, text)
        raise xapi.InternalError(text)
    return stdout if simple else (stdout, stderr, process.returncode)
