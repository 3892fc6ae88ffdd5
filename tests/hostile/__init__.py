"""Input that was made to harm: nothing here crashes, hangs, fills the memory or steers a terminal."""
