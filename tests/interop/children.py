"""Child processes that never outlive this one, and the ports that they listen on."""
import atexit
import collections
import os
import signal
import socket
import subprocess
import sys
import threading
import time

LIMIT = 30.0  # seconds that one conversation, or the start of a server, may take on a machine that is busy
MOST = 64 << 20  # bytes that are kept of an output; what is behind them is read and dropped
TAIL = 16384  # bytes at the end of an output among which an answer's end is looked for
PAUSE = 0.02  # between two looks at something that is not there yet

Talk = collections.namedtuple("Talk", "status out err")

running = set()
lock = threading.Lock()
ending = threading.Event()


def start(argv, **options):
    """A child in a process group of its own; see stop."""
    with lock:
        if ending.is_set():
            raise RuntimeError("the run is ending")
        child = subprocess.Popen([str(word) for word in argv], start_new_session=True, **options)
        running.add(child)
    return child


def stop(child):
    """Ends the child and whatever it started, and waits for it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
        except (ProcessLookupError, PermissionError):
            pass
        try:
            child.wait(5)
            break
        except subprocess.TimeoutExpired:
            continue
    try:
        os.killpg(child.pid, signal.SIGKILL)  # what a child of it left behind
    except (ProcessLookupError, PermissionError):
        pass
    with lock:
        running.discard(child)
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                pass


def stop_all():
    for child in list(running):
        stop(child)


def _end(number, _frame):
    ending.set()
    stop_all()
    sys.exit(128 + number)


def stop_with_this_process():
    """However this process ends, but for SIGKILL, the children end too."""
    atexit.register(stop_all)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _end)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(child, port):
    """False: the child ended instead of listening."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        if child.poll() is not None:
            return False
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(PAUSE)
    return False


def _feed(pipe, data):
    try:
        pipe.write(data)
        pipe.flush()
    except (OSError, ValueError):
        pass  # it has ended, and its status tells why


def _collect(pipe, into):
    while True:
        part = pipe.read1(65536)
        if not part:
            return
        if len(into) < MOST:
            into.extend(part)


def converse(argv, send=b"", until=None, limit=LIMIT, **options):
    """Runs a program to its end.  Its input ends behind what is sent; with until, the last bytes of an answer, only when
    they have come.  The status is None when it had to be ended."""
    child = start(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    out, err = bytearray(), bytearray()
    threads = [threading.Thread(target=_collect, args=pair, daemon=True)
               for pair in ((child.stdout, out), (child.stderr, err))]
    threads.append(threading.Thread(target=_feed, args=(child.stdin, send), daemon=True))
    end = time.monotonic() + limit
    status = None
    try:
        for thread in threads:
            thread.start()
        while until is not None and until not in out[-TAIL:] and child.poll() is None and time.monotonic() < end:
            time.sleep(PAUSE / 4)
        threads[-1].join(max(0, end - time.monotonic()))
        try:
            child.stdin.close()
        except OSError:
            pass
        status = child.wait(max(0.1, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        pass
    finally:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        for thread in threads:
            thread.join(5)
        stop(child)
    return Talk(status, bytes(out), bytes(err))


class EchoServer:
    """Plain TCP: what stands behind servers that only wrap a connection into TLS."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._echo, args=(client,), daemon=True).start()

    @staticmethod
    def _echo(client):
        with client:
            try:
                while True:
                    data = client.recv(65536)
                    if not data:
                        return
                    client.sendall(data)
            except OSError:
                return

    def stop(self):
        self.listener.close()
