// Runs one function on the hosted version of Deno, in a process of its own. The argument is the URL
// of its `index.ts`. It imports nothing and uses only what Deno 2.1.4 has.

export {};

const [entrypoint = ""] = Deno.args;

function cpuMs(): number {
  const [nanoseconds] = Deno.readTextFileSync(`/proc/self/task/${Deno.pid}/schedstat`).split(" ");
  return Number(nanoseconds) / 1e6;
}

const denoServe = Deno.serve;
const listening = Promise.withResolvers<number>();

function serve(handler: Deno.ServeHandler): Deno.HttpServer {
  return denoServe({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => listening.resolve(port),
  }, handler);
}

Object.defineProperty(Deno, "serve", { value: serve });
Object.defineProperty(globalThis, "EdgeRuntime", {
  value: { waitUntil: <T>(promise: Promise<T>) => promise },
});

const before = cpuMs();
await import(entrypoint);
const port = await listening.promise;
console.log(JSON.stringify({ port, evaluationMs: cpuMs() - before }));

// Standard input is a pipe that the benchmark holds: it closes however the benchmark ends.
for await (const _ of Deno.stdin.readable);
Deno.exit();
