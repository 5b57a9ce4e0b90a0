import { join } from "node:path";
import { z } from "zod";
import { pause } from "../support/pause.ts";
import { wrap } from "../support/terminal.ts";
import { tryParseJson } from "../support/try_parse_json.ts";
import { whenMissing } from "../support/when_missing.ts";

/** Log file of a function or another part of the stack. */
export interface LogFile {
  readonly name: string;
  readonly path: string;
  readonly isFunction: boolean;
}

/** Line of a log file. */
export interface LogLine {
  readonly name: string;
  /** Line as it is in the file: an ISO time, a space and what was printed. */
  readonly text: string;
}

/** Time between two looks for new lines, in milliseconds. */
const FOLLOW_MS = 200;

/** Lists the log files of a stack: the functions first, each group by name. */
export async function listLogs(stackDir: string): Promise<LogFile[]> {
  const list = async (folder: string, isFunction: boolean) => {
    const entries = await Array.fromAsync(Deno.readDir(folder)).catch(whenMissing([]));
    return entries.flatMap(({ name }) =>
      name.endsWith(".log")
        ? [{ name: name.slice(0, -".log".length), path: join(folder, name), isFunction }]
        : []
    ).sort((a, b) => a.name < b.name ? -1 : 1);
  };
  const logs = join(stackDir, "logs");
  return [...await list(join(logs, "functions"), true), ...await list(logs, false)];
}

/** Returns the last `count` lines of all files together, in the order of their times. */
export async function readLastLines(files: readonly LogFile[], count: number): Promise<LogLine[]> {
  const all = await Promise.all(files.map(async ({ name, path }) => {
    const lines = (await Deno.readTextFile(path)).split("\n");
    lines.pop();
    return lines.slice(-count).map((text) => ({ name, text }));
  }));
  // The times are of one length and begin each line, so texts are in their order.
  return all.flat().sort((a, b) => a.text < b.text ? -1 : a.text > b.text ? 1 : 0).slice(-count);
}

/**
 * Calls `print` for each line that is added to the files, until `signal` aborts. A file that was
 * replaced or shortened is read from its beginning.
 */
export async function followLogs(
  files: readonly LogFile[],
  print: (line: LogLine) => void,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const read = files.map((file) => ({ ...file, at: Deno.statSync(file.path).size, rest: "" }));
  while (!signal.aborted) {
    await pause(FOLLOW_MS, signal);
    for (const file of read) {
      const { size } = await Deno.stat(file.path).catch(whenMissing({ size: 0 }));
      if (size < file.at) Object.assign(file, { at: 0, rest: "" });
      if (size === file.at) continue;
      const lines = (file.rest + await readFrom(file.path, file.at, size)).split("\n");
      file.rest = lines.pop() ?? "";
      file.at = size;
      for (const text of lines) print({ name: file.name, text });
    }
  }
}

async function readFrom(path: string, start: number, end: number): Promise<string> {
  using file = await Deno.open(path);
  await file.seek(start, Deno.SeekMode.Start);
  const bytes = new Uint8Array(end - start);
  for (let filled = 0; filled < bytes.length;) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return new TextDecoder().decode(bytes);
}

const entrySchema = z.looseObject({ level: z.string(), message: z.string() });

/** Fields of a function's log entry that stand elsewhere in the line or say what is known. */
const KNOWN: ReadonlySet<string> = new Set(["time", "level", "message", "function"]);

/**
 * Formats a line for people: time, level unless it is info, message, and the other fields as
 * `name=value`.
 *
 * @param options.width columns of the terminal; undefined returns the line as it is in the file.
 * @param options.named `true` begins with the name of the file.
 */
export function renderLine(
  { name, text }: LogLine,
  { width, named }: { readonly width: number | undefined; readonly named: boolean },
): string {
  if (width === undefined) return named ? `${name} ${text}` : text;
  const [, time = "", printed = text] = /^\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d)\S* (.*)$/s.exec(text) ??
    [];
  const { data } = entrySchema.safeParse(tryParseJson(printed));
  const said = data === undefined ? printed : [
    ...data.level === "info" ? [] : [data.level.toUpperCase()],
    data.message,
    ...Object.entries(data).filter(([key]) => !KNOWN.has(key)).map(([key, value]) =>
      `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`
    ),
  ].join(" ");
  const head = [time, ...named ? [name] : [], said].filter((part) => part !== "").join(" ");
  const [first = "", ...others] = wrap(head, width - INDENT.length).split("\n");
  return [first, ...others.map((line) => INDENT + line)].join("\n");
}

const INDENT = "  ";
