import type { ChatEvent, DoneData } from "../../supabase/functions/_shared/chat/events.ts";
import { writeJson } from "../../supabase/functions/_shared/platform/json/lossless_json.ts";
import {
  type Cell,
  renderTable,
  terminalWidth,
  toPrintable,
  WordWrapper,
  wrap,
} from "../support/terminal.ts";

/** Outcome of a printed answer. */
export interface Ending {
  readonly isAnswered: boolean;
  readonly conversationId: string | undefined;
}

const STATUS = {
  understanding: "Understanding the question …",
  looking_up: "Looking it up …",
  response: "",
};
const MAX_ROWS = 10;
/** Longest cell in characters. */
const MAX_CELL = 60;

/** Prints an answer as it arrives: the statement, the rows, the text, and questions to ask next. */
export async function printAnswer(
  events: AsyncIterable<ChatEvent>,
  writeRaw: (text: string) => void = writeOut,
): Promise<Ending> {
  const write = (text: string) => writeRaw(toPrintable(text));
  let conversationId: string | undefined;
  let isAnswered = false;
  const width = terminalWidth();
  const answer = new WordWrapper(write, width);
  for await (const { event, data } of events) {
    if (event !== "delta") answer.flush();
    switch (event) {
      case "status":
        conversationId = data.conversation_id;
        write(STATUS[data.status] === "" ? "\n" : `${STATUS[data.status]}\n`);
        break;
      case "sql":
        write(`\n${indentSql(data.sql, width)}\n\n`);
        break;
      case "rows":
        write(`${renderRows(data, width)}\n`);
        break;
      case "delta":
        answer.push(data.text);
        break;
      case "follow_ups":
        write(`\n\nYou may ask next:\n${data.questions.map((text) => `  · ${text}\n`).join("")}`);
        break;
      case "done":
        isAnswered = true;
        write(`\n${wrap(summarize(data), width)}\n`);
        break;
      case "error":
        write(`\n\n${data.title} (${data.code}, ${data.failed_step}): ${data.detail}\n`);
        for (const { code, reason, hint } of data.faults ?? []) {
          write(`${wrap(`· ${reason} ${hint} (${code})`, width)}\n`);
        }
        write(`(${formatCost(data.cost_usd)})\n`);
        break;
    }
  }
  return { isAnswered, conversationId };
}

type Rows = Extract<ChatEvent, { event: "rows" }>["data"];

function renderRows({ columns, rows, row_count, truncated }: Rows, width: number): string {
  if (rows.length === 0) return "No rows.";
  const head = columns.map(({ name }) => name.replaceAll("_", " "));
  const table = renderTable(head, rows.slice(0, MAX_ROWS).map((row) => row.map(toCell)), {
    width,
  });
  const more = row_count - Math.min(rows.length, MAX_ROWS);
  const notes = [
    ...more > 0 ? [`… and ${more} more rows`] : [],
    ...truncated ? ["The result was cut."] : [],
  ];
  return [table, ...notes].join("\n");
}

function toCell(value: unknown): Cell {
  if (value === null) return null;
  const text = (typeof value === "string" ? value : writeJson(value)).replaceAll("\n", " ");
  if (/^-?\d+\.\d{7,}$/.test(text)) return Number(Number(text).toPrecision(6));
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL - 1)}…` : text;
}

function summarize({ tokens, cost_usd, timings, models, unsupported_figures }: DoneData): string {
  const counts = [tokens.sql, tokens.response].filter((step) => step !== null);
  const sum = (key: "input" | "output") => counts.reduce((all, step) => all + step[key], 0);
  const parts = [
    `${sum("input")} + ${sum("output")} tokens`,
    formatCost(cost_usd),
    `first text after ${timings.ttfb_ms ?? "–"} ms`,
    `${timings.total_ms} ms in total`,
    [...new Set([models.sql, models.response])].join(", "),
  ];
  const doubts = unsupported_figures.length === 0
    ? ""
    : `\nNot among the rows: ${unsupported_figures.join(", ")}`;
  return `(${parts.join(" · ")})${doubts}`;
}

function formatCost(usd: number | null): string {
  return usd === null ? "cost unknown" : `$${usd.toFixed(6)}`;
}

function indentSql(sql: string, width: number): string {
  return sql.split("\n").flatMap((line) => {
    const [indent = ""] = /^ */.exec(line) ?? [];
    const [first = "", ...rest] = wrap(line.trim(), width - indent.length - 6).split("\n");
    return [`  ${indent}${first}`, ...rest.map((part) => `      ${indent}${part}`)];
  }).join("\n");
}

function writeOut(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}
