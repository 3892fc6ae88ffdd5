"""Both roads meet, with logbraid: a merge that is made of tasks only."""

from __future__ import annotations

import asyncio

from scene import scene

from logbraid.handles import confirm_merge, run_tasks

if __name__ == "__main__":
    with scene() as (handles, output_path):
        asyncio.run(run_tasks(handles, 0.1, output_path))
        confirm_merge([handle.name for handle in handles], output_path)
