"""The stt service: speech to text while the person speaks. It knows no interview and no browser."""
