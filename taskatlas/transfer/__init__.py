"""Which source dataset a model should learn from first.

`sides` says how alike datasets are, `classes` how alike their classes lie where the names of labels are hidden,
`measured` holds what was measured, `likeness` weighs sides by it, and `ranking` ranks the sources for a target.
"""
