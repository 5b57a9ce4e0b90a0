/**
 * Version of the code that reads an answer (`parse_output.ts`) and scores it (this folder), stored with
 * every report. It is raised, together with the database's `private.scorer_version()`, by each change
 * after which some answer scores differently: reports of an older version can then be scored again, see
 * `docs/scoring.md`. A test fails when scores change and the version does not.
 */
export const SCORER_VERSION = 1;
