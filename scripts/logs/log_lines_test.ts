import { deepEqual, equal, ok } from "node:assert/strict";
import { makeScratchDirectory } from "../stack/testing.ts";
import { waitUntil } from "../stack/processes.ts";
import { followLogs, listLogs, type LogLine, readLastLines, renderLine } from "./log_lines.ts";

const at = (second: number, text: string) => `2026-11-30T10:00:0${second}.000Z ${text}\n`;

async function writeLogs(stackDir: string): Promise<void> {
  await Deno.mkdir(`${stackDir}/logs/functions`, { recursive: true });
  await Deno.writeTextFile(`${stackDir}/logs/postgres.log`, at(0, "ready"));
  await Deno.writeTextFile(`${stackDir}/logs/functions/chat.log`, at(1, "one") + at(3, "three"));
  await Deno.writeTextFile(`${stackDir}/logs/functions/report.log`, at(2, "two") + at(4, "four"));
}

Deno.test("the last lines of several logs are in the order of time", async () => {
  await using scratch = await makeScratchDirectory();
  await writeLogs(scratch.path);
  const logs = await listLogs(scratch.path);
  deepEqual(logs.map(({ name, isFunction }) => [name, isFunction]), [
    ["chat", true],
    ["report", true],
    ["postgres", false],
  ]);
  const lines = await readLastLines(logs.filter(({ isFunction }) => isFunction), 3);
  deepEqual(lines.map(({ name, text }) => `${name} ${text.slice(25)}`), [
    "report two",
    "chat three",
    "report four",
  ]);
});

Deno.test("followLogs() prints new lines, and those of a file that a reset replaced", async () => {
  await using scratch = await makeScratchDirectory();
  await writeLogs(scratch.path);
  const logs = await listLogs(scratch.path);
  const printed: LogLine[] = [];
  const stopping = new AbortController();
  const following = followLogs(logs, (line) => printed.push(line), stopping.signal);
  const chat = `${scratch.path}/logs/functions/chat.log`;
  const isPrinted = (text: string) => waitUntil(() => printed.at(-1)?.text === text.trim(), 60_000);
  await Deno.writeTextFile(chat, at(5, "five"), { append: true });
  ok(await isPrinted(at(5, "five")));
  await Deno.writeTextFile(chat, at(6, "six"));
  ok(await isPrinted(at(6, "six")));
  stopping.abort();
  await following;
  equal(printed.length, 2);
});

Deno.test("renderLine() shows an entry's message first, within the width", () => {
  const entry = { time: "…", level: "warn", function: "chat", message: "not answered", tries: 3 };
  const line = { name: "chat", text: at(1, JSON.stringify(entry)).trim() };
  equal(renderLine(line, { width: 80, named: true }), "10:00:01 chat WARN not answered tries=3");
  equal(renderLine(line, { width: undefined, named: false }), line.text);
  const long = { name: "chat", text: at(1, "word ".repeat(50)).trim() };
  const rendered = renderLine(long, { width: 80, named: false }).split("\n");
  ok(rendered.length > 3);
  ok(rendered.every((text) => text.length <= 80));
});
