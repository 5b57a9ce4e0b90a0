import { join } from "node:path";
import { readRecord, type RunRecord, shortHash, slug } from "./run_record.ts";
import { whenMissing } from "../support/when_missing.ts";
import { listFolder, withLock, writeFile } from "./files.ts";

/** Answer of a database to a record. */
export type Sent<Answer> =
  | { readonly kind: "accepted"; readonly answer: Answer }
  /** Sending it again will not help. */
  | { readonly kind: "refused"; readonly reason: string }
  /** The database cannot be reached now. */
  | { readonly kind: "unavailable"; readonly reason: string };

/** Sends a record. A record that is sent twice must stay one run. */
export type Send<Answer> = (record: RunRecord) => Promise<Sent<Answer>>;

/** Result of sending the waiting records. */
export interface Drained<Answer> {
  /** By record name. */
  readonly sent: ReadonlyMap<string, Sent<Answer>>;
  /** Number of records that are still waiting. */
  readonly waiting: number;
  /** Reason why records are waiting; null if none are. */
  readonly reason: string | null;
}

/**
 * The folder with the JSON of every run: `latest/<suite>.json`, `archive/<time>-<suite>-<hash>.json`, and
 * `spool/<number>-<name>.json` for runs that are not in the database yet.
 *
 * A run exists once its file has been renamed into the spool. The process that sends it writes the
 * other files. A process may die at any point: the next one continues.
 */
export class ResultsFolder {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Adds a record to the spool. A record with a known key is kept as it was. */
  async keep(record: RunRecord): Promise<RunRecord> {
    return await withLock(join(this.#dir, "spool/.adding"), async () => {
      const known = await this.#find(record.key);
      if (known?.isWaiting === true) return known.record;
      const kept = known?.record ?? record;
      const last = Number((await this.#waiting()).at(-1)?.split("-", 1)[0] ?? 0);
      const number = String(last + 1).padStart(9, "0");
      await writeFile(this.#path("spool", `${number}-${kept.name}`), kept.text);
      return kept;
    });
  }

  /**
   * Sends the waiting records in order until the database is unavailable. A refused record is moved to
   * `spool/refused` with the reason, and the next one is sent.
   */
  async drain<Answer>(
    send: Send<Answer>,
    onSent: (done: number, total: number) => void = () => {},
  ): Promise<Drained<Answer>> {
    return await withLock(join(this.#dir, "spool/.sending"), async () => {
      const sent = new Map<string, Sent<Answer>>();
      const waiting = await this.#waiting();
      for (const [index, file] of waiting.entries()) {
        const path = join(this.#dir, "spool", file);
        const record = readRecord(await Deno.readTextFile(path));
        if (record === null) {
          await this.#refuse(file, "The file is not a record of a run.");
          continue;
        }
        await this.#publish(record);
        const outcome = await send(record);
        sent.set(record.name, outcome);
        if (outcome.kind === "unavailable") {
          return { sent, waiting: waiting.length - index, reason: outcome.reason };
        }
        if (outcome.kind === "refused") await this.#refuse(file, outcome.reason);
        else await Deno.remove(path);
        onSent(index + 1, waiting.length);
      }
      return { sent, waiting: 0, reason: null };
    });
  }

  /** Writes the other files of the waiting records without sending them. @returns their number. */
  async publish(): Promise<number> {
    return await withLock(join(this.#dir, "spool/.sending"), async () => {
      const waiting = await this.#waiting();
      for (const file of waiting) {
        const record = readRecord(await Deno.readTextFile(join(this.#dir, "spool", file)));
        if (record !== null) await this.#publish(record);
      }
      return waiting.length;
    });
  }

  /** Reads the last archived runs of a suite, the oldest first. */
  async archived(suite: string, last: number): Promise<RunRecord[]> {
    const archive = join(this.#dir, "archive");
    const names = (await listFolder(archive))
      .filter((file) => file.endsWith(".json") && file.includes(`-${slug(suite)}-`));
    const texts = await Promise.all(names.map((file) => Deno.readTextFile(join(archive, file))));
    return texts.map(readRecord).filter((record) => record?.suite === suite)
      .filter((record) => record !== null).slice(-last);
  }

  async #publish(record: RunRecord): Promise<void> {
    const archived = this.#path("archive", record.name);
    if (await readIfAny(archived) !== record.text) await writeFile(archived, record.text);
    const latest = this.#path("latest", slug(record.suite));
    const known = readRecord(await readIfAny(latest));
    // A record that arrives late is not the latest run.
    if (known === null || Date.parse(known.runTimestamp) <= Date.parse(record.runTimestamp)) {
      await writeFile(latest, record.text);
    }
  }

  async #refuse(file: string, reason: string): Promise<void> {
    const refused = join(this.#dir, "spool/refused", file);
    await writeFile(`${refused}.reason.txt`, `${reason}\n`);
    await Deno.rename(join(this.#dir, "spool", file), refused);
  }

  async #waiting(): Promise<string[]> {
    return (await listFolder(join(this.#dir, "spool")))
      .filter((name) => /^\d+-.*\.json$/.test(name));
  }

  async #find(key: string): Promise<{ record: RunRecord; isWaiting: boolean } | undefined> {
    const suffix = `-${shortHash(key)}.json`;
    for (const folder of ["spool", "archive"]) {
      for (const file of await listFolder(join(this.#dir, folder))) {
        if (!file.endsWith(suffix)) continue;
        // Another process may have sent and removed the file.
        const record = readRecord(await readIfAny(join(this.#dir, folder, file)));
        if (record?.key === key) return { record, isWaiting: folder === "spool" };
      }
    }
    return undefined;
  }

  #path(folder: string, name: string): string {
    return join(this.#dir, folder, `${name}.json`);
  }
}

/** Reads a file's text; empty if it does not exist. */
async function readIfAny(path: string): Promise<string> {
  return await Deno.readTextFile(path).catch(whenMissing(""));
}
