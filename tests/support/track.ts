import { join } from "node:path";
import { createKey } from "../../scripts/support/create_key.ts";
import type { Customer, TestStack } from "../../scripts/testing/stack.ts";

const SCRIPT = join(import.meta.dirname ?? ".", "../../scripts/track.ts");

/** A user, with the settings by which the CLI uses a key of their account. */
export interface Tester extends Customer {
  readonly env: { readonly TRACK_URL: string; readonly MODELPICK_KEY: string };
}

/** Signs up a user for the CLI. */
export async function addTester(test: TestStack): Promise<Tester> {
  const customer = await test.customer();
  return {
    ...customer,
    env: {
      TRACK_URL: test.stack.apiUrl,
      MODELPICK_KEY: await createKey(customer.client, customer.id, "track", ["read", "track"]),
    },
  };
}

/** A running CLI process. */
export interface Tracking {
  readonly process: Deno.ChildProcess;
  readonly ended: Promise<{ code: number; stdout: string; stderr: string }>;
}

/** Starts `deno task track` in a folder. */
export function startTracking(
  cwd: string,
  env: Readonly<Record<string, string>>,
  ...args: string[]
): Tracking {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", SCRIPT, ...args],
    cwd,
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const text = new TextDecoder();
  const ended = process.output().then(({ code, stdout, stderr }) => ({
    code,
    stdout: text.decode(stdout),
    stderr: text.decode(stderr),
  }));
  return { process, ended };
}

/** Runs `deno task track` in a folder to its end. */
export async function track(
  cwd: string,
  env: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  return await startTracking(cwd, env, ...args).ended;
}

/** Treatment of the reports that reach a {@link Gate}. */
export type GateMode = "open" | "closed" | "hold request" | "hold answer";

/** Proxy between the CLI and the API that can block or delay reports. */
export class Gate implements AsyncDisposable {
  mode: GateMode = "open";
  /** Idempotency keys of the reports that arrived, in order. */
  readonly arrived: string[] = [];
  /** Number of reports that the API has answered. */
  answered = 0;
  /** Passes a report on to the API. A test may have something happen meanwhile. */
  passOn = (send: () => Promise<Response>): Promise<Response> => send();
  /** Answer of held requests. */
  readonly #over = Promise.withResolvers<Response>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(target: string) {
    this.#server = Deno.serve(
      {
        hostname: "127.0.0.1",
        port: 0,
        onListen: () => {},
        onError: () => new Response(null, { status: 500 }),
      },
      async (request) => {
        const { pathname, search } = new URL(request.url);
        const isReport = pathname.endsWith("/test-runs/report");
        if (isReport) this.arrived.push(request.headers.get("idempotency-key") ?? "");
        const body = request.body === null ? null : await request.bytes();
        if (this.mode === "closed") return new Response("unavailable", { status: 503 });
        if (isReport && this.mode === "hold request") return await this.#over.promise;
        const send = () =>
          fetch(`${target}${pathname}${search}`, {
            method: request.method,
            headers: request.headers,
            ...body === null ? {} : { body },
          });
        const response = await (isReport ? this.passOn(send) : send());
        const answer = await response.bytes();
        if (isReport) this.answered++;
        if (isReport && this.mode === "hold answer") return await this.#over.promise;
        return new Response(answer, { status: response.status, headers: response.headers });
      },
    );
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.resolve(new Response(null, { status: 503 }));
    await this.#server.shutdown();
  }
}
