"""What the vectors and the answers say: neighbours, scores, ways of choosing, and how well they do."""
