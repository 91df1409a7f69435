"""The media service: voice and video between a browser and the mesh. It understands neither."""
