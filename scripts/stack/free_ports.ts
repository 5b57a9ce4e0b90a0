import type { StackPorts } from "./config.ts";

/**
 * Blocks of ports below those that systems give out by themselves (Linux from 32,768, macOS from
 * 49,152): a port found free here is not soon the near end of somebody's connection.
 */
const BLOCKS = { first: 20_000, size: 512, count: 24 };

/** Held as long as this program, or this test file's worker, runs. */
const block = lockBlock();
let next = 0;

/** Ports for a stack that runs beside others, and finds them free again when it is restarted. */
export function freeStackPorts(): StackPorts {
  const [api = 0, db = 0, ocr = 0, openrouter = 0, openai = 0, groq = 0, stripe = 0, resend = 0] =
    freePorts(8);
  return { api, db, ocr, openrouter, openai, groq, stripe, resend };
}

/**
 * Finds `count` different ports that nothing listens on now, and that no other program is given by
 * this function while this one runs.
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
  if (ports.length < count) throw new Error(`no ${count} ports are free`);
  return ports;
}

/** Takes a block by listening on its first port: who dies lets go of it. */
function lockBlock(): Deno.TcpListener {
  const start = Math.floor(Math.random() * BLOCKS.count);
  for (let tried = 0; tried < BLOCKS.count; tried++) {
    const at = (start + tried) % BLOCKS.count;
    const listener = listen(BLOCKS.first + at * BLOCKS.size);
    if (listener === null) continue;
    listener.unref();
    return listener;
  }
  throw new Error("every block of ports is taken");
}

function listen(port: number): Deno.TcpListener | null {
  try {
    return Deno.listen({ hostname: "127.0.0.1", port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return null;
    throw error;
  }
}
