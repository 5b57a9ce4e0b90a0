import { createHash } from "node:crypto";
import { join } from "node:path";
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
    const bytes = await readBytes(body);
    const description = {
      key,
      mimetype: contentType,
      cacheControl,
      eTag: `"${createHash("md5").update(bytes).digest("hex")}"`,
    };
    await this.#write(bucket, key, bytes, description);
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
    const { mimetype, cacheControl, eTag } = await this.headObject(sourceBucket, source);
    const bytes = await Deno.readFile(this.#place(sourceBucket, source));
    const description = { key: destination, mimetype, cacheControl, eTag };
    await this.#write(destinationBucket, destination, bytes, description);
    return await this.headObject(destinationBucket, destination);
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

  async #write(
    bucket: string,
    key: string,
    bytes: Uint8Array,
    description: z.infer<typeof descriptionSchema>,
  ): Promise<void> {
    const file = this.#place(bucket, key);
    await Deno.mkdir(join(file, ".."), { recursive: true });
    await writeWhole(`${file}.json`, new TextEncoder().encode(JSON.stringify(description)));
    await writeWhole(file, bytes);
  }
}

/** Writes a temporary file and renames it, so that a reader never sees a partial file. */
async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const draft = `${file}.${crypto.randomUUID()}`;
  await Deno.writeFile(draft, bytes);
  await Deno.rename(draft, file);
}

async function readBytes(body: UploadBody): Promise<Uint8Array<ArrayBuffer>> {
  if (body instanceof Uint8Array) return new Uint8Array(body);
  const chunks: BlobPart[] = [];
  for await (const chunk of body) chunks.push(new Uint8Array(chunk));
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
