// Loaded before a peer. Writes at exit the CPU time since its first request, in milliseconds.
import { subscribe } from "node:diagnostics_channel";
import { writeFileSync } from "node:fs";

let before;
subscribe("undici:request:create", () => {
  before ??= process.cpuUsage();
});
process.on("exit", () => {
  const { user, system } = process.cpuUsage(before);
  writeFileSync(process.env.CPU_FILE, JSON.stringify({ cpuMs: (user + system) / 1000 }));
});
