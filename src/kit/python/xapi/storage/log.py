"""The log of a plugin: stderr, which the caller keeps with the call, and syslog's local2, which a toolstack sends to SMlog.

Messages are formatted as the logging module does, without the time it takes to import it. What a plugin logs through
the logging module itself comes out here too once configure_logging() is called.
"""
import os as _os
import sys as _sys
import syslog as _syslog

LOG_LEVEL = 10  # logging.DEBUG
LOG_SYSLOG_FACILITY = 18  # local2
LOG_TO_STDERR = True

_LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}
_PRIORITIES = {
    "DEBUG": _syslog.LOG_DEBUG,
    "INFO": _syslog.LOG_INFO,
    "WARNING": _syslog.LOG_WARNING,
    "ERROR": _syslog.LOG_ERR,
    "CRITICAL": _syslog.LOG_CRIT,
}


def debug(message, *args, **kwargs):
    """Logs what helps to follow a call."""
    _log("DEBUG", message, args, kwargs)


def info(message, *args, **kwargs):
    """Logs what happens in the normal course."""
    _log("INFO", message, args, kwargs)


def warning(message, *args, **kwargs):
    """Logs what may need attention."""
    _log("WARNING", message, args, kwargs)


def error(message, *args, **kwargs):
    """Logs a failure."""
    _log("ERROR", message, args, kwargs)


def critical(message, *args, **kwargs):
    """Logs a failure after which the plugin cannot go on."""
    _log("CRITICAL", message, args, kwargs)


def log_call_argv():
    """Logs how the plugin was called; params on stdin are not part of it."""
    info("called as: %s", _sys.argv)


def configure_logging():
    """Sends what is logged through the logging module here as well."""
    import logging

    class Handler(logging.Handler):
        def emit(self, record):
            _write(record.levelname, self.format(record))

    root = logging.getLogger()
    root.setLevel(LOG_LEVEL)
    if not any(type(handler).__name__ == "Handler" for handler in root.handlers):
        root.addHandler(Handler())


def handle_unhandled_exceptions(exception_type, exception_value, exception_traceback):
    """Logs an exception that ends the plugin, and prints it as Python does."""
    import xapi

    if not issubclass(exception_type, KeyboardInterrupt):
        known = issubclass(exception_type, xapi.XenAPIException)
        text = "Returned exception to XAPI" if known else "Unhandled exception"
        text += "\n" + _format_exception(exception_type, exception_value, exception_traceback)
        _to_syslog("INFO" if known else "ERROR", text)
    _sys.__excepthook__(exception_type, exception_value, exception_traceback)


def _log(level, message, args, kwargs):
    if _LEVELS[level] < LOG_LEVEL:
        return
    try:
        text = str(message) % (args[0] if len(args) == 1 and isinstance(args[0], dict) else args) if args else str(message)
    except Exception:  # pylint: disable=broad-except
        # What is logged must not be able to fail the call.
        text = "%s %r" % (message, args)
    failure = kwargs.get("exc_info")
    if failure:
        if isinstance(failure, BaseException):
            failure = (type(failure), failure, failure.__traceback__)
        elif not isinstance(failure, tuple):
            failure = _sys.exc_info()
        text += "\n" + _format_exception(*failure)
    _write(level, text)


def _write(level, text):
    _to_syslog(level, text)
    if not LOG_TO_STDERR:
        return
    try:
        _sys.stderr.write(_line(level, text) + "\n")
        _sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        # Whoever called did not want to read it.
        pass


def _to_syslog(level, text):
    try:
        _syslog.syslog((LOG_SYSLOG_FACILITY << 3) | _PRIORITIES.get(level, _syslog.LOG_INFO), _line(level, text))
    except (ValueError, UnicodeError):
        # A NUL, or a lone surrogate.
        pass


def _line(level, text):
    return "SMAPIv3: [%d] - %s - %s" % (_os.getpid(), level, text)


def _format_exception(exception_type, exception_value, exception_traceback):
    import traceback

    lines = traceback.format_exception(exception_type, exception_value, exception_traceback)
    return "".join(lines).rstrip("\n")


_sys.excepthook = handle_unhandled_exceptions
if "logging" in _sys.modules:
    configure_logging()
