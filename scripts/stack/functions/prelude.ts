// Runs in a function's process before its `index.ts` and adds what the hosted runtime has beyond
// Deno. It imports nothing, because every cold start waits for it.

/** Settings that the runtime passes in {@link CONTROL_VARIABLE}. */
interface Boot {
  readonly port: number;
  readonly token: string;
  /** Names of the variables that the function may see. Deno needs the others to start. */
  readonly visible: readonly string[];
}

type Command =
  /** Command to call `beforeunload` handlers and exit once no work is left. */
  | { readonly type: "retire" }
  /** Command to call `beforeunload` handlers; the runtime ends the process. */
  | { readonly type: "unload"; readonly reason: string };

const CONTROL_VARIABLE = "STACK_ISOLATE";

const boot: Boot = JSON.parse(Deno.env.get(CONTROL_VARIABLE) ?? "");
const visible = new Set(boot.visible);
for (const name of Object.keys(Deno.env.toObject())) {
  if (!visible.has(name)) Deno.env.delete(name);
}

const control = await Deno.connect({ hostname: "127.0.0.1", port: boot.port });
// Unreferenced, because Deno does not continue with `index.ts` while the prelude has open work.
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

// This connection closes however the runtime ends, including by kill -9.
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

/** Implements every signature of `Deno.serve` on the address that the runtime forwards to. */
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

// Runs after `index.ts`: serves a function that exports its handler instead of calling
// `Deno.serve`.
addEventListener("load", async () => {
  const { default: exported }: FetchModule = await import(Deno.mainModule);
  const handler = exported?.fetch;
  if (isServing || typeof handler !== "function") return;
  serve((request, info) => handler.call(exported, request, info));
});

tell({ token: boot.token });

export {};
