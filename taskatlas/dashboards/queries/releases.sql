-- Which releases are there? The newest comes last.
SELECT release, published_at, project, taskatlas_version, map_keys(snapshots) AS tables
FROM releases
ORDER BY length(release), release
