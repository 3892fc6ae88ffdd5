"""Where it begins, with logbraid: a program that blocks, and a merge that blocks."""

from __future__ import annotations

from scene import scene

from logbraid.handles import confirm_merge, run_threads

if __name__ == "__main__":
    with scene() as (handles, output_path):
        run_threads(handles, 0.1, output_path)
        confirm_merge([handle.name for handle in handles], output_path)
