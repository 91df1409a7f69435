"""The tts service: text to speech, by sentence. It knows no interview and no browser."""
