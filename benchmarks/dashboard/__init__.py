"""What the dashboard costs its visitors and its host."""
