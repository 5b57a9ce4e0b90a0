import { renderTable } from "../support/terminal.ts";

/** Result of one check. */
export interface Finding {
  /** What was checked, such as `vault`. */
  readonly subject: string;
  readonly state: "ok" | "warning" | "failed";
  readonly finding: string;
  /** What to do; null if nothing is. */
  readonly remedy: string | null;
}

/** Returns a finding about something that works. */
export function ok(subject: string, finding: string): Finding {
  return { subject, state: "ok", finding, remedy: null };
}

/** Returns a finding about something that works only in part, or could not be checked. */
export function warning(subject: string, finding: string, remedy: string): Finding {
  return { subject, state: "warning", finding, remedy };
}

/** Returns a finding about something that does not work. */
export function failed(subject: string, finding: string, remedy: string): Finding {
  return { subject, state: "failed", finding, remedy };
}

/** Formats findings as a table of at most `width` columns and a line that counts them. */
export function renderFindings(findings: readonly Finding[], width: number): string {
  const count = (state: Finding["state"]) =>
    findings.filter((finding) => finding.state === state).length;
  const rows = findings.map(({ subject, state, finding, remedy }) => [
    subject,
    state,
    remedy === null ? finding : `${finding}\n→ ${remedy}`,
  ]);
  const table = renderTable(["check", "state", "finding"], rows, { width });
  return `${table}\n${count("ok")} ok, ${count("warning")} warnings, ${count("failed")} failed`;
}
