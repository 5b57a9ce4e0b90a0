import { Worker } from "node:worker_threads";
import { type Reading, UnreadableImageError } from "./page_layout.ts";

/** Message of the thread about an image. */
export type PaddleAnswer =
  | { kind: "read"; reading: Reading }
  | { kind: "unreadable"; message: string };

/** PaddleOCR in its own thread, which starts with the first image and reads one at a time. */
export class PaddleReader {
  #thread: Worker | null = null;

  /**
   * Reads an image file (PNG, JPEG or WebP).
   *
   * @throws {UnreadableImageError} if the file cannot be decoded.
   * @throws the error that ended the thread. Call `stop` before the next image.
   */
  async read(image: Uint8Array): Promise<Reading> {
    const thread = this.#thread ??= new Worker(new URL("paddle_thread.ts", import.meta.url));
    const { promise, resolve, reject } = Promise.withResolvers<PaddleAnswer>();
    thread.once("message", resolve);
    thread.once("error", reject);
    thread.postMessage(image);
    try {
      const answer = await promise;
      if (answer.kind === "read") return answer.reading;
      throw new UnreadableImageError("The image could not be read", { cause: answer.message });
    } finally {
      thread.off("message", resolve);
      thread.off("error", reject);
    }
  }

  /**
   * Stops the thread even during an image; that image's `read` never settles. A running network
   * finishes first, which takes up to 1 s for finding lines and 20 ms for reading one.
   */
  async stop(): Promise<void> {
    const thread = this.#thread;
    this.#thread = null;
    await thread?.terminate();
  }
}
