"""Whisper models in CTranslate2 form, followed live. Imported only when such a model was chosen."""
