"""What becomes of sound and pictures in an interview: listening, speaking, looking. Knows no WebRTC."""
