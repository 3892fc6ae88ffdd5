"""Top-down, first step, with logbraid: the loop keeps the order, and two threads read and write."""

from __future__ import annotations

import asyncio

from scene import scene

from logbraid.handles import confirm_merge, run_tasks_mixed

if __name__ == "__main__":
    with scene() as (handles, output_path):
        asyncio.run(run_tasks_mixed(handles, 0.1, output_path))
        confirm_merge([handle.name for handle in handles], output_path)
