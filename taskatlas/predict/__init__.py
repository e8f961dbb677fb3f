"""Predict: what every subject answers to every text.

`predict.predict` is the stage's one entry. Below it: `kinds` (one file per kind of model), `render` (prompts),
`outputs` (answers), and `weights`, `device`, `encode` and `features` (text encoders). Nothing here imports torch
before a model is loaded.
"""
