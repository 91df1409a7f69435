"""The vision service: what a camera frame shows of a face. It keeps no picture and knows no person."""
