import { relative } from "node:path";
import { wrap } from "../support/terminal.ts";
import type { StackState } from "./state_file.ts";

/** Widest line. */
const WIDTH = 80;

const KINDS = [["real", "With a key"], ["simulated", "Simulated"], [
  "missing",
  "Without a key",
]] as const;

/**
 * Returns what `supabase status` would print for this stack, and who answers for outside services,
 * in lines of at most 80 columns. The legacy keys are longer than that: `start --env` writes them.
 */
export function renderStatus(state: StackState): string {
  const rows: [label: string, value: string][] = [
    ["API URL", state.apiUrl],
    ["REST URL", `${state.apiUrl}/rest/v1`],
    ["Functions URL", `${state.apiUrl}/functions/v1`],
    ["Chat page", `${state.apiUrl}/chat/`],
    ["DB URL", state.dbUrl],
    ["Publishable key", state.publishableKey],
    ["Secret key", state.secretKey],
    ...Object.entries(state.localServices).map((
      [name, url],
    ): [string, string] => [`${name} URL`, url]),
    ["Outbox", shorten(state.outboxDir)],
    ["Logs", shorten(state.logsDir)],
    ...KINDS.flatMap(([kind, label]): [string, string][] => {
      const names = Object.keys(state.outside).filter((name) => state.outside[name] === kind);
      return names.length === 0 ? [] : [[label, names.join(", ")]];
    }),
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => {
    const lines = wrap(value, WIDTH - width - 2).split("\n");
    return `${label.padStart(width)}: ${lines.join(`\n${" ".repeat(width + 2)}`)}`;
  }).join("\n");
}

/** Returns a path from the current folder if that is shorter. */
function shorten(path: string): string {
  const local = relative(Deno.cwd(), path);
  return local.length < path.length ? local : path;
}
