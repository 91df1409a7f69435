"""Everything that runs a whole mesh on one machine. Knows no service's insides and no container platform."""
