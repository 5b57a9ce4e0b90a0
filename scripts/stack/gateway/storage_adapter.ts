import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { App } from "@supabase/lite";
import { z } from "zod";
import { whenMissing } from "../../support/when_missing.ts";

type StorageAdapter = NonNullable<App["_storageAdapter"]>;
type ObjectMetadata = Awaited<ReturnType<StorageAdapter["headObject"]>>;
type UploadBody = Parameters<StorageAdapter["uploadObject"]>[3];

const descriptionSchema = z.object({
  /** Key of the object, for people who look at the file. Lookups do not need it. */
  key: z.string(),
  mimetype: z.string(),
  cacheControl: z.string(),
  eTag: z.string(),
});
type Description = z.infer<typeof descriptionSchema>;

/**
 * Storage of object bytes in files: one folder per bucket and two files per object. A file's name
 * is the hash of the object's key, so that no key can leave the folder or collide with another on
 * any file system. The version is not part of the name, because `@supabase/lite` reads with a
 * version that it creates after writing.
 */
export class FileStorageAdapter implements StorageAdapter {
  readonly driver = null;

  constructor(private readonly directory: string) {}

  async uploadObject(
    bucket: string,
    key: string,
    _version: string | undefined,
    body: UploadBody,
    contentType: string,
    cacheControl: string,
  ): Promise<ObjectMetadata> {
    const bytes = body instanceof Uint8Array ? body : await buffer(body);
    const eTag = `"${createHash("md5").update(bytes).digest("hex")}"`;
    const description: Description = { key, mimetype: contentType, cacheControl, eTag };
    const file = this.#place(bucket, key);
    await Deno.mkdir(dirname(file), { recursive: true });
    await writeWhole(`${file}.json`, new TextEncoder().encode(JSON.stringify(description)));
    await writeWhole(file, bytes);
    return await this.headObject(bucket, key);
  }

  async headObject(bucket: string, key: string): Promise<ObjectMetadata> {
    const file = this.#place(bucket, key);
    const [stat, description] = await Promise.all([
      Deno.stat(file),
      Deno.readTextFile(`${file}.json`),
    ]);
    const { mimetype, cacheControl, eTag } = descriptionSchema.parse(JSON.parse(description));
    return {
      mimetype,
      cacheControl,
      eTag,
      contentLength: stat.size,
      size: stat.size,
      lastModified: stat.mtime ?? new Date(0),
      httpStatusCode: 200,
    };
  }

  async getObject(bucket: string, key: string) {
    const metadata = await this.headObject(bucket, key);
    const body = new Blob([await Deno.readFile(this.#place(bucket, key))]);
    return { metadata, httpStatusCode: 200, body };
  }

  async copyObject(
    sourceBucket: string,
    source: string,
    _version: string | undefined,
    destinationBucket: string,
    destination: string,
  ): Promise<ObjectMetadata> {
    const { mimetype, cacheControl } = await this.headObject(sourceBucket, source);
    const bytes = await Deno.readFile(this.#place(sourceBucket, source));
    const place = [destinationBucket, destination, undefined] as const;
    return await this.uploadObject(...place, bytes, mimetype, cacheControl);
  }

  async deleteObject(bucket: string, key: string): Promise<void> {
    const file = this.#place(bucket, key);
    await Promise.all(
      [file, `${file}.json`].map((path) => Deno.remove(path).catch(whenMissing(undefined))),
    );
  }

  async deleteObjects(bucket: string, keys: string[]): Promise<void> {
    for (const key of keys) await this.deleteObject(bucket, key);
  }

  privateAssetUrl(bucket: string, key: string): Promise<string> {
    return Promise.resolve(`file://${this.#place(bucket, key)}`);
  }

  #place(bucket: string, key: string): string {
    const name = createHash("sha256").update(key).digest("hex");
    return join(this.directory, encodeURIComponent(bucket), name);
  }
}

/** Writes a temporary file and renames it, so that a reader never sees a partial file. */
async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const draft = `${file}.${crypto.randomUUID()}`;
  await Deno.writeFile(draft, bytes);
  await Deno.rename(draft, file);
}
