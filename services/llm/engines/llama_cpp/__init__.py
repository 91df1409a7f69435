"""An engine for GGUF files on llama.cpp: many conversations in one batch. Imported only with weights."""

import os

# Threads that wait for the next step would otherwise spin and take the cores from everybody else.
# The library reads it once, when it is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
