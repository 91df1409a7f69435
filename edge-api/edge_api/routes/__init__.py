"""Routes by noun: tables of operations that forward one rpc each, and the few that do more."""
