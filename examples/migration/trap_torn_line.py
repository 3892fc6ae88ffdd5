"""Trap: a line that is written in two pieces is merged in two pieces, and another file's line comes between them."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from threading import Thread

from naive_threads import run_threads

PAUSE = 0.2

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        paths = [Path(directory, name) for name in ("a.log", "b.log")]
        output_path = Path(directory, "merged.log")
        with paths[0].open("wb", buffering=0) as a, paths[1].open("wb", buffering=0) as b:
            handles = [path.open("rb") for path in paths]
            merge = Thread(target=run_threads, args=(handles, 0.01, output_path))
            merge.start()
            for log, data in ((a, b"a: first half,"), (b, b"b: a line\n"), (a, b" second half\n")):
                log.write(data)
                time.sleep(PAUSE)
        for handle in handles:
            handle.close()
        merge.join()
        print("merged as", output_path.read_bytes())
