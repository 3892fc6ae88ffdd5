"""Bottom-up, first step, with logbraid: a program that blocks, and an output that is a coroutine."""

from __future__ import annotations

from scene import scene

from logbraid.handles import confirm_merge, run_bottom_up

if __name__ == "__main__":
    with scene() as (handles, output_path):
        run_bottom_up(handles, 0.1, output_path)
        confirm_merge([handle.name for handle in handles], output_path)
