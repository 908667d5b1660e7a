"""The programs of programs/: TLS clients and servers for languages that bring no command of that kind.

    talk client PORT --name HOST --ca FILE --size BYTES [--cert FILE --key FILE] [--alpn A,B]
    talk server PORT --cert FILE --key FILE [--ca FILE] [--alpn A,B] [--name HOST --othercert FILE --otherkey FILE]

A client connects to 127.0.0.1, sends so many random bytes, wants the same back, says goodbye and prints "version TLSv1.3"
and "alpn http/1.1"; what it does not like begins with "refused: ", and its exit status is 1.  A server sends back what it
gets until it is killed; with --ca it wants a certificate from that authority; clients that want HOST get the other
certificate.  The one on mbedTLS is a client alone."""
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent / "programs"


def build(argv, **options):
    done = subprocess.run([str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode != 0:
        raise SystemExit(f"{argv[0]}: {done.stdout}")


def python(_work, _cache):
    return ["python3", HERE / "talk.py"]


def node(_work, _cache):
    return ["node", HERE / "talk.js"]


def java(work, _cache):
    build(["javac", "-d", work, HERE / "Talk.java"])
    return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-cp", work, "Talk"]


def mbedtls(work, _cache):
    build(["cc", "-O1", "-o", work / "talk-mbedtls", HERE / "talk_mbedtls.c", "-lmbedtls", "-lmbedx509", "-lmbedcrypto"])
    return [work / "talk-mbedtls"]


def go(work, cache):
    """The cache spares the next run the compiling of Go's library."""
    environment = dict(os.environ, GOCACHE=str(cache / "go"), GOFLAGS="-mod=mod", GO111MODULE="off", GOPROXY="off",
                       CGO_ENABLED="0")
    build(["go", "build", "-o", work / "talk-go", HERE / "talk.go"], env=environment)
    return [work / "talk-go"]
