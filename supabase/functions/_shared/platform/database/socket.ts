import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { type Connection, ConnectionError, LOST, writeAll } from "./connect.ts";

/** Bytes of a block that answers are read into, and the space from which on a new one is made. */
const BLOCK = 65_536;
const LEAST = 8_192;

/**
 * Time in milliseconds from the end of a stream to its event `close`. postgres.js writes in a `setImmediate`
 * that it clears at that event. Deno 2.1 runs it nevertheless if it is due, and the write throws
 * outside any promise.
 */
const CLOSE_MS = 10;

/**
 * Stream as postgres.js wants it, over a connection of Deno.
 *
 * postgres.js encrypts with `node:tls`, which hangs on Deno 2.1. It also treats an orderly end that it did
 * not ask for as a reason to connect again without end, so this stream always ends with an error
 * unless `end()` was called.
 */
export class DatabaseSocket extends Duplex {
  #connection: Promise<Connection>;
  #stream: Deno.Conn | undefined;
  #block = new Uint8Array(0);
  #isEnding = false;

  readonly #onEnd: () => void;

  /**
   * @param connecting must not be used by anything else.
   * @param onEnd is called once, when nothing more can be sent, before the stream closes.
   */
  constructor(connecting: Promise<Connection>, onEnd: () => void) {
    super({ allowHalfOpen: true, emitClose: false });
    this.#onEnd = onEnd;
    this.#connection = connecting;
    connecting.then(({ stream }) => {
      if (this.destroyed) stream.close();
      else this.#stream = stream;
    }, (error) => this.destroy(ConnectionError.from(error)));
  }

  /** State as `net.Socket` names it. postgres.js waits at its end for a socket that is not closed. */
  get readyState(): "open" | "closed" {
    return this.destroyed ? "closed" : "open";
  }

  override _read(): void {
    void this.#readBlock();
  }

  override _write(chunk: Uint8Array, _: string, done: (error?: Error | null) => void): void {
    this.#writeChunk(chunk).then(() => done(), (error) => {
      if (!this.destroyed) done(ConnectionError.from(error));
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#isEnding = true;
    // Whether the server has read the farewell is of no use to anybody.
    void this.#sayGoodbye().finally(() => {
      done();
      this.destroy();
    });
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    try {
      this.#stream?.close();
    } catch {
      // It closed by itself.
    }
    this.#onEnd();
    done(error);
    setTimeout(() => this.emit("close"), CLOSE_MS);
  }

  async #readBlock(): Promise<void> {
    try {
      const stream = this.#stream ?? (await this.#connection).stream;
      if (this.#block.length < LEAST) this.#block = new Uint8Array(BLOCK);
      const count = await stream.read(this.#block);
      if (this.destroyed) return;
      if (count === null) {
        if (this.#isEnding) this.push(null);
        else this.destroy(new ConnectionError(LOST, "the database closed the connection"));
        return;
      }
      const bytes = Buffer.from(this.#block.buffer, this.#block.byteOffset, count);
      this.#block = this.#block.subarray(count);
      this.push(bytes);
    } catch (error) {
      // Nothing happens if the stream is destroyed, which is what ends a pending read.
      this.destroy(ConnectionError.from(error));
    }
  }

  async #writeChunk(chunk: Uint8Array): Promise<void> {
    await writeAll(this.#stream ?? (await this.#connection).stream, chunk);
  }

  async #sayGoodbye(): Promise<void> {
    try {
      await this.#stream?.closeWrite();
    } catch {
      // The server was faster.
    }
  }
}
