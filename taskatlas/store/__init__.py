"""Storage: parts (work of the stages), the warehouse (Iceberg) and the catalog (DuckDB)."""
