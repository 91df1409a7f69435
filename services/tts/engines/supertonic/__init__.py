"""Supertonic's neural voices on ONNX Runtime."""
