"""Analyse vectors and answers: neighbours, scores, methods of choosing, and how well they do."""
