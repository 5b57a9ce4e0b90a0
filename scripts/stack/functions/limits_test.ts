import { equal, match, notEqual, ok } from "node:assert/strict";
import { readLimits } from "../limits.ts";
import { startTestFunctions } from "./testing.ts";

/** Function that burns CPU time in one piece or in slices, and allocates memory. */
const GREEDY = `
const held = [];
addEventListener("beforeunload", (event) => console.log("bye", event.detail.reason));
// In CPU time, because the clock also runs while other processes have the processor.
function burn(ms) {
  const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
  const end = used() + ms;
  while (used() < end);
}
Deno.serve(async (request) => {
  const { pathname, searchParams } = new URL(request.url);
  const amount = Number(searchParams.get("amount"));
  if (pathname.endsWith("/burn")) burn(amount);
  if (pathname.endsWith("/slices")) {
    for (let left = amount; left > 0; left -= 20) {
      burn(20);
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  if (pathname.endsWith("/hold")) {
    for (let i = 0; i < amount; i++) {
      held.push(new Uint8Array(1_000_000).fill(i));
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  if (pathname.endsWith("/heap")) {
    for (let i = 0; i < amount; i++) held.push(Array.from({ length: 10_000 }, () => ({ i })));
  }
  return new Response(String(Deno.pid));
});`;

const isLinux = Deno.build.os === "linux";

async function start(setting?: string) {
  return await startTestFunctions({ "greedy/index.ts": GREEDY }, { limits: readLimits(setting) });
}

async function fails(response: Response): Promise<void> {
  equal(response.status, 546);
  equal((await response.json()).code, "WORKER_LIMIT");
}

Deno.test({
  name: "a request that burns CPU time is killed with 546, and the next gets a new isolate",
  ignore: !isLinux,
  async fn() {
    await using functions = await start();
    const first = await (await functions.call("/greedy")).text();
    await fails(await functions.call("/greedy/burn?amount=60000"));
    await functions.printedLine("killed: CPU limit reached (2");
    notEqual(await (await functions.call("/greedy")).text(), first);
  },
});

Deno.test({
  name: "CPU time counts over an isolate's life, and beforeunload fires before the end",
  ignore: !isLinux,
  async fn() {
    await using functions = await start();
    const first = await (await functions.call("/greedy/burn?amount=400")).text();
    // Other requests share the isolate until half of its time is used.
    equal(await (await functions.call("/greedy/burn?amount=100")).text(), first);
    const long = functions.call("/greedy/slices?amount=60000");
    await functions.printedLine("half of its CPU time is used");
    notEqual(await (await functions.call("/greedy")).text(), first);
    await fails(await long);
    const [half, bye, killed] = ["half of its CPU", "bye cpu", "killed: CPU limit"].map((text) =>
      functions.printed.findIndex((line) => line.includes(text))
    );
    ok(half! >= 0 && half! < bye! && bye! < killed!, functions.printed.join("\n"));
  },
});

Deno.test({
  name: "an isolate that has used half of its CPU time ends once its work is done",
  ignore: !isLinux,
  async fn() {
    await using functions = await start();
    const first = await (await functions.call("/greedy/slices?amount=1300")).text();
    await functions.printedLine("bye early_drop");
    notEqual(await (await functions.call("/greedy")).text(), first);
    ok(!functions.printed.some((line) => line.includes("killed")));
  },
});

Deno.test({
  name: "memory outside the heap counts too",
  ignore: !isLinux,
  async fn() {
    await using functions = await start();
    const first = await (await functions.call("/greedy/hold?amount=150")).text();
    await fails(await functions.call("/greedy/hold?amount=60000"));
    await functions.printedLine("killed: memory limit reached (");
    match(functions.printed.join("\n"), /memory limit reached \(\d+ of 320 MB\)/);
    notEqual(await (await functions.call("/greedy")).text(), first);
  },
});

Deno.test("a full heap is answered with 546 and named in the log even without limits", async () => {
  await using functions = await start("off");
  await fails(await functions.call("/greedy/heap?amount=100000"));
  await functions.printedLine("killed: memory limit reached");
});

Deno.test({
  name: "without limits a request may burn CPU time and hold memory",
  ignore: !isLinux,
  async fn() {
    await using functions = await start("off");
    equal((await functions.call("/greedy/burn?amount=2500")).status, 200);
    equal((await functions.call("/greedy/hold?amount=400")).status, 200);
  },
});
