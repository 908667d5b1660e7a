#!/usr/bin/env python3
"""Counts the instructions of verifying a usual chain (leaf, one intermediate, known root) by callgrind.

    run.py path/to/bin [--roots COUNT]...

One line for each backend and kind of key: OmniTLS's verifier over that library, the library's own verifier, and the
ratio; then OmniTLS's with more roots in the store."""
import argparse
import os
import re
import subprocess
import sys
import tempfile

BACKENDS = ("openssl", "gnutls", "wolfssl")
KEYS = {"ec": "P-256", "rsa": "RSA-2048"}


def count(program, directory):
    files = [os.path.join(directory, name) for name in ("leaf.der", "middle.der", "roots.der")]
    result = subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=bench_once*", "--callgrind-out-file=/dev/null",
                             program, *files], capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", result.stderr)
    if result.returncode != 0 or found is None:
        raise SystemExit(f"{program}:\n{result.stderr}")
    return int(found.group(1))


def chain(bin_dir, key, roots):
    directory = tempfile.TemporaryDirectory()
    subprocess.run([os.path.join(bin_dir, "bench-make-chain"), directory.name, key, str(roots)], check=True)
    return directory


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin")
    parser.add_argument("--roots", type=int, action="append", help="also with so many roots; may be repeated")
    arguments = parser.parse_args()
    for key, title in KEYS.items():
        with chain(arguments.bin, key, 1) as usual:
            for backend in BACKENDS:
                ours = os.path.join(arguments.bin, f"bench-omnitls-{backend}")
                if not os.path.exists(ours):
                    continue
                omnitls = count(ours, usual)
                native = count(os.path.join(arguments.bin, f"bench-native-{backend}"), usual)
                print(f"{title:<9} {backend:<8} omnitls {omnitls:>10,}  native {native:>10,}  ratio {omnitls / native:.3f}")
                sys.stdout.flush()
    for roots in arguments.roots or []:
        with chain(arguments.bin, "ec", roots) as many:
            for backend in BACKENDS:
                ours = os.path.join(arguments.bin, f"bench-omnitls-{backend}")
                if os.path.exists(ours):
                    print(f"P-256     {backend:<8} omnitls {count(ours, many):>10,}  with {roots:,} roots")


if __name__ == "__main__":
    main()
