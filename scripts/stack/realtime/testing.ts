import assert from "node:assert/strict";
import type { RealtimeChannel, SupabaseClient } from "@supabase/supabase-js";

/** Time in milliseconds that a test waits for an event. */
const PATIENCE_MS = 60_000;

/** Events that a channel has received, in order, with a way to wait for more. */
export class Heard<T> {
  readonly all: T[] = [];
  #wakeUp = Promise.withResolvers<void>();

  readonly add = (item: T): void => {
    this.all.push(item);
    this.#wakeUp.resolve();
    this.#wakeUp = Promise.withResolvers();
  };

  /** Returns the first event that fits, past or future. */
  async first(what: string, fits: (item: T) => boolean = () => true): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    while (true) {
      const found = this.all.find(fits);
      if (found !== undefined) return found;
      const left = deadline - performance.now();
      if (left <= 0) {
        assert.fail(`${what} did not come; heard ${JSON.stringify(this.all)}`);
      }
      await settledWithin(this.#wakeUp.promise, left);
    }
  }
}

async function settledWithin(promise: Promise<void>, milliseconds: number): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, milliseconds);
  await Promise.race([promise, timeout.promise]);
  clearTimeout(timer);
}

/** Subscribes and records every status that the client reports, with its reason. */
export function subscribe(channel: RealtimeChannel): Heard<string> {
  const statuses = new Heard<string>();
  channel.subscribe((status, error) =>
    statuses.add(error === undefined ? status : `${status}: ${error.message}`)
  );
  return statuses;
}

/** Subscribes and waits for the confirmation. */
export async function subscribed(channel: RealtimeChannel): Promise<RealtimeChannel> {
  await subscribe(channel).first("SUBSCRIBED", (status) => status === "SUBSCRIBED");
  return channel;
}

/** Closes the sockets of clients. */
export async function disconnect(...clients: readonly SupabaseClient[]): Promise<void> {
  for (const client of clients) {
    await client.removeAllChannels();
    await client.realtime.disconnect();
  }
}
