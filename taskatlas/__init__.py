"""taskatlas: an atlas of tasks, models and prompts."""
