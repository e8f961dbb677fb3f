"""What taskatlas promises: the cards that people write and the tables that people query."""
