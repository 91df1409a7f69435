"""The llm service: text from one language model. It knows no interview, no prompt and no guard."""
