/**
 * Version of the code that reads an answer (`parse_output.ts`) and scores it (this folder). It is stored
 * with every report. Raise it together with the database's `private.scorer_version()` in each change
 * after which some answer scores differently. Reports of an older version can then be scored again;
 * see `docs/scoring.md`. A test fails if scores change and the version does not.
 */
export const SCORER_VERSION = 1;
