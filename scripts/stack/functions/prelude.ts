// Runs in a function's process before its `index.ts`, and gives it what the hosted runtime gives
// beyond Deno. Imports nothing, because every cold start waits for it.

/** What the runtime says through {@link CONTROL_VARIABLE}. */
interface Boot {
  readonly port: number;
  readonly token: string;
  /** The variables that the function may see; others are there for Deno to start with. */
  readonly visible: readonly string[];
}

type Command =
  /** Say goodbye and end when nothing is left to do. */
  | { readonly type: "retire" }
  /** Say goodbye; the end comes from outside. */
  | { readonly type: "unload"; readonly reason: string };

const CONTROL_VARIABLE = "STACK_ISOLATE";

const boot: Boot = JSON.parse(Deno.env.get(CONTROL_VARIABLE) ?? "");
const visible = new Set(boot.visible);
for (const name of Object.keys(Deno.env.toObject())) {
  if (!visible.has(name)) Deno.env.delete(name);
}

const control = await Deno.connect({ hostname: "127.0.0.1", port: boot.port });
// Deno would not go on to `index.ts` while something here keeps it busy.
control.unref();
const encoder = new TextEncoder();
let lastWrite: Promise<unknown> = Promise.resolve();

function tell(message: object): void {
  const line = encoder.encode(JSON.stringify(message) + "\n");
  lastWrite = lastWrite.then(() => writeAll(line)).catch(() => Deno.exit(1));
}

async function writeAll(bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await control.write(bytes.subarray(at));
}

let isRetiring = false;
let hasSaidGoodbye = false;
let isServing = false;
let running = 0;
let pending = 0;

function retireWhenIdle(): void {
  if (!isRetiring || running > 0 || pending > 0) return;
  isRetiring = false;
  sayGoodbye("early_drop");
  tell({ type: "retired" });
}

function sayGoodbye(reason: string): void {
  if (hasSaidGoodbye) return;
  hasSaidGoodbye = true;
  dispatchEvent(new CustomEvent("beforeunload", { detail: { reason } }));
}

function obey(command: Command): void {
  if (command.type === "retire") {
    isRetiring = true;
    retireWhenIdle();
    return;
  }
  sayGoodbye(command.reason);
  tell({ type: "unloaded" });
}

async function listenToRuntime(): Promise<void> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of control.readable) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) obey(JSON.parse(line));
  }
}

// The runtime's end of the connection closes however the runtime ends, by kill -9 too.
listenToRuntime().catch(() => {}).finally(() => Deno.exit(1));

function waitUntil<T>(promise: Promise<T>): Promise<T> {
  pending++;
  Promise.resolve(promise)
    .catch((error) => console.error("Uncaught (in waitUntil)", error))
    .finally(() => {
      pending--;
      retireWhenIdle();
    });
  return promise;
}

Object.defineProperty(globalThis, "EdgeRuntime", {
  value: Object.freeze({ waitUntil }),
  configurable: true,
});

const denoServe = Deno.serve;

/** Every form of `Deno.serve`, on the address that the runtime proxies to. */
function serve(
  first: Deno.ServeHandler | (Deno.ServeTcpOptions & { handler?: Deno.ServeHandler }),
  second?: Deno.ServeHandler,
): Deno.HttpServer {
  const options = typeof first === "function" ? {} : first;
  const handler = typeof first === "function" ? first : second ?? first.handler;
  if (handler === undefined) throw new TypeError("Deno.serve needs a handler");
  isServing = true;
  return denoServe({
    ...options,
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => tell({ type: "ready", port }),
  }, async (request, info) => {
    running++;
    try {
      return await handler(request, info);
    } finally {
      running--;
      retireWhenIdle();
    }
  });
}

Object.defineProperty(Deno, "serve", { value: serve, configurable: true, writable: true });

interface FetchModule {
  readonly default?: { readonly fetch?: Deno.ServeHandler };
}

// After `index.ts` was run: one that exports its handler instead of serving it is served here.
addEventListener("load", async () => {
  const { default: exported }: FetchModule = await import(Deno.mainModule);
  const handler = exported?.fetch;
  if (isServing || typeof handler !== "function") return;
  serve((request, info) => handler.call(exported, request, info));
});

tell({ token: boot.token });

export {};
