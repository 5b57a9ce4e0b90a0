import { el } from "../shared/dom.js";
import { date } from "../shared/format.js";

/**
 * Returns a note on the shown revision with links to the others; null if there is only one.
 *
 * @param {import("./report_data.ts").ReportData} data
 */
export function revisionNote({ revision, revisions }) {
  const complete = revisions.filter(({ status }) => status === "complete");
  const shown = complete.find((other) => other.revision === revision);
  if (shown === undefined || complete.length < 2) return null;
  const links = complete.filter((other) => other !== shown).flatMap((other, index) => [
    index === 0 ? " " : " · ",
    // The hash is kept, because it may hold the token.
    el(
      "a",
      { href: `${location.pathname}?revision=${other.revision}${location.hash}` },
      `revision ${other.revision}`,
    ),
  ]);
  return el(
    "p.facts",
    `Revision ${revision}: the answers as scored on ${date(shown.completed_at)} by scorer ` +
      `${shown.scorer_version}. Others:`,
    ...links,
  );
}
