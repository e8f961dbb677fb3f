"""Prompts of a real language model, SmolLM2-135M-Instruct: its recorded answers, and what a forecast knows of them."""
