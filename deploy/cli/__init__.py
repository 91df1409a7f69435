"""The `viva` command. Knows the mesh's addresses and health; knows nothing of interviews."""
