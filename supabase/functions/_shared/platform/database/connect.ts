import type { DatabaseTarget } from "./target.ts";

/** Error of a connection. `code` is one of Node's, such as `ECONNRESET`, or one of this file's. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";

  constructor(readonly code: string, message: string, options?: ErrorOptions) {
    super(message, options);
  }

  /** Wraps what Deno throws for a connection that was refused or lost. */
  static from(error: unknown): ConnectionError {
    if (error instanceof ConnectionError) return error;
    const code = error instanceof Error && "code" in error ? String(error.code) : LOST;
    const message = error instanceof Error ? error.message : String(error);
    return new ConnectionError(code, `the connection to the database failed: ${message}`, {
      cause: error,
    });
  }
}

/** Code of a connection that ended without an error of the operating system. */
export const LOST = "CONNECTION_CLOSED";

/** Code of a server that offers no encryption, or no certificate that can be verified. */
const NO_TLS = "TLS_FAILED";

/** Open connection, encrypted or not. */
export interface Connection {
  readonly stream: Deno.Conn;
  /** Why `prefer` connected without encryption although the server offers it. */
  readonly tlsFailure?: ConnectionError;
}

/** Time in milliseconds after which a server that does not answer is left; `Session` waits less. */
const ANSWER_MS = 10_000;

/** Length 8, then Postgres's code 80877103: asks the server whether it encrypts. */
const SSL_REQUEST = Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47);
const YES = "S".charCodeAt(0);
const NO = "N".charCodeAt(0);

/**
 * Connects to Postgres and negotiates encryption as the target's mode says.
 *
 * @throws {ConnectionError}
 */
export async function connect(target: DatabaseTarget): Promise<Connection> {
  try {
    if (target.tls === "disable") return { stream: await connectTcp(target) };
    try {
      return { stream: await connectTls(target) };
    } catch (error) {
      if (target.tls === "require" || !(error instanceof ConnectionError)) throw error;
      return { stream: await connectTcp(target), tlsFailure: error };
    }
  } catch (error) {
    throw ConnectionError.from(error);
  }
}

/** Asks a server to cancel the statement that it runs for the backend. */
export async function sendCancelRequest(
  target: DatabaseTarget,
  backend: { readonly pid: number; readonly secret: number },
): Promise<void> {
  const { stream } = await connect(target);
  try {
    const request = new DataView(new ArrayBuffer(16));
    [16, 80877102, backend.pid, backend.secret].forEach((word, index) =>
      request.setUint32(index * 4, word)
    );
    await writeAll(stream, new Uint8Array(request.buffer));
    // The server closes once it has passed the request on.
    await stream.read(new Uint8Array(1));
  } finally {
    stream.close();
  }
}

/** Writes all bytes. Deno's `write` may take only some. */
export async function writeAll(stream: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await stream.write(bytes.subarray(at));
}

async function connectTcp({ hostname, port }: DatabaseTarget): Promise<Deno.TcpConn> {
  const tcp = await Deno.connect({ hostname, port });
  tcp.setNoDelay(true);
  tcp.setKeepAlive(true);
  return tcp;
}

async function connectTls(target: DatabaseTarget): Promise<Deno.Conn> {
  const tcp = await connectTcp(target);
  let open: Deno.Conn = tcp;
  // Ends what waits for an answer, since nothing else does.
  const late = setTimeout(() => open.close(), ANSWER_MS);
  try {
    await writeAll(tcp, SSL_REQUEST);
    const answer = new Uint8Array(1);
    if (await tcp.read(answer) === null) {
      throw new ConnectionError(LOST, "the database closed the connection at once");
    }
    if (answer[0] === NO && target.tls === "prefer") return tcp;
    if (answer[0] !== YES) {
      throw new ConnectionError(
        NO_TLS,
        "the database offers no encryption: turn SSL on there, or set DATABASE_SSL=prefer",
      );
    }
    const tls = await Deno.startTls(tcp, {
      hostname: target.hostname,
      caCerts: [...target.authorities],
    });
    open = tls;
    await tls.handshake();
    return tls;
  } catch (error) {
    try {
      open.close();
    } catch {
      // It was too late.
    }
    if (!(error instanceof Deno.errors.InvalidData)) throw error;
    throw new ConnectionError(
      NO_TLS,
      `the database's certificate cannot be verified (${error.message}): set DATABASE_CA_CERT to the PEM ` +
        "of its authority, and connect by a name that the certificate has",
      { cause: error },
    );
  } finally {
    clearTimeout(late);
  }
}
