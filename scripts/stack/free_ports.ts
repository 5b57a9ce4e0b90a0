import type { StackPorts } from "./config.ts";

/**
 * Blocks of ports below those that operating systems assign by themselves (Linux from 32,768, macOS
 * from 49,152), so that a free port is not soon taken by somebody's outgoing connection.
 */
const BLOCKS = { first: 20_000, size: 512, count: 24 };

/** Listener that keeps the block reserved while this program, or this test file's worker, runs. */
const block = lockBlock();
let next = 0;

/** Returns ports for a stack beside others. They are still free when the stack restarts. */
export function freeStackPorts(): StackPorts {
  const [api = 0, db = 0, pooler = 0, ocr = 0, openrouter = 0, ...rest] = freePorts(9);
  const [openai = 0, groq = 0, stripe = 0, resend = 0] = rest;
  return { api, db, pooler, ocr, openrouter, openai, groq, stripe, resend };
}

/**
 * Returns `count` different ports on which nothing listens. No other running program gets the same
 * ports from this function.
 */
export function freePorts(count: number): number[] {
  const ports: number[] = [];
  for (let tried = 1; tried < BLOCKS.size && ports.length < count; tried++) {
    next = next % (BLOCKS.size - 1) + 1;
    const listener = listen(block.addr.port + next);
    if (listener === null) continue;
    listener.close();
    ports.push(block.addr.port + next);
  }
  if (ports.length < count) throw new Error(`fewer than ${count} ports are free in this block`);
  return ports;
}

/** Reserves a block until the process ends by listening on its first port. */
function lockBlock(): Deno.TcpListener {
  const start = Math.floor(Math.random() * BLOCKS.count);
  for (let tried = 0; tried < BLOCKS.count; tried++) {
    const at = (start + tried) % BLOCKS.count;
    const listener = listen(BLOCKS.first + at * BLOCKS.size);
    if (listener === null) continue;
    listener.unref();
    return listener;
  }
  throw new Error("all blocks of test ports are in use");
}

function listen(port: number): Deno.TcpListener | null {
  try {
    return Deno.listen({ hostname: "127.0.0.1", port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return null;
    throw error;
  }
}
