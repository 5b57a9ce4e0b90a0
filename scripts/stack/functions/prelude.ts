// Runs in a function's process before its `index.ts` and adds what the hosted runtime has beyond
// Deno. It imports only the channel to the runtime, because every cold start waits
// for it.
import process from "node:process";

/** Names of the variables that the function may see. Deno needs the others to start. */
const visible = new Set(Deno.env.get("STACK_VISIBLE")?.split(","));
for (const name of Object.keys(Deno.env.toObject())) {
  if (!visible.has(name)) Deno.env.delete(name);
}

/**
 * Command of the runtime: to call `beforeunload` handlers and exit once no work is left, or to call
 * them with a reason before the runtime ends the process.
 */
type Command = "retire" | { readonly unload: string };

let isRetiring = false;
let hasSaidGoodbye = false;
let isServing = false;
let running = 0;
let pending = 0;

function retireWhenIdle(): void {
  if (!isRetiring || running > 0 || pending > 0) return;
  isRetiring = false;
  sayGoodbye("early_drop");
  process.send?.({ type: "retired" });
}

function sayGoodbye(reason: string): void {
  if (hasSaidGoodbye) return;
  hasSaidGoodbye = true;
  dispatchEvent(new CustomEvent("beforeunload", { detail: { reason } }));
}

function obey(command: Command): void {
  if (command === "retire") {
    isRetiring = true;
    retireWhenIdle();
    return;
  }
  sayGoodbye(command.unload);
  process.send?.({ type: "unloaded" });
}

process.on("message", obey);
// The channel closes however the runtime ends, including by kill -9.
process.on("disconnect", () => Deno.exit(1));
// Unreferenced, because Deno does not continue with `index.ts` while the prelude has open work.
process.channel?.unref();

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
    onListen: ({ port }) => process.send?.({ type: "ready", port }),
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
