import { z } from "zod";
import type { Forward } from "./signed_urls.ts";
import { storageError } from "./storage_errors.ts";

const querySchema = z.object({
  prefix: z.string().default(""),
  limit: z.int().positive().default(100),
  offset: z.int().nonnegative().default(0),
  search: z.string().default(""),
  sortBy: z.object({
    column: z.enum(["name", "updated_at", "created_at", "last_accessed_at"]).default("name").catch(
      "name",
    ),
    order: z.enum(["asc", "desc"]).default("asc").catch("asc"),
  }).prefault({}),
});

const objectSchema = z.object({
  id: z.string(),
  name: z.string(),
  updated_at: z.string().nullable(),
  created_at: z.string().nullable(),
  last_accessed_at: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()).nullable(),
});

type Entry = { readonly [K in keyof z.infer<typeof objectSchema>]: unknown } & {
  readonly name: string;
};

/**
 * Lists one folder of a bucket as hosted Storage does: names are relative to the folder, and
 * subfolders are entries without an id. `@supabase/lite` lists all objects below with their full
 * names.
 */
export async function listObjects(request: Request, forward: Forward): Promise<Response> {
  const query = querySchema.safeParse(await request.json().catch(() => ({})));
  if (!query.success) return storageError(400, "InvalidRequest", z.prettifyError(query.error));
  const { limit, offset, search, sortBy } = query.data;
  const prefix = query.data.prefix.replace(/^\/+|\/+$/g, "");
  const folder = prefix === "" ? "" : `${prefix}/`;

  const headers = new Headers(request.headers);
  headers.delete("Content-Length");
  const body = JSON.stringify(folder === "" ? {} : { prefix: folder });
  const response = await forward(new Request(request.url, { method: "POST", headers, body }));
  if (!response.ok) return response;

  const objects = z.array(objectSchema).parse(await response.json());
  const entries = toEntries(objects, folder)
    .filter((entry) => entry.name.toLowerCase().startsWith(search.toLowerCase()))
    .sort(compareBy(sortBy.column, sortBy.order));
  return Response.json(entries.slice(offset, offset + limit));
}

function toEntries(objects: z.infer<typeof objectSchema>[], folder: string): Entry[] {
  const entries = new Map<string, Entry>();
  for (const object of objects) {
    if (!object.name.startsWith(folder)) continue;
    const [name = "", ...below] = object.name.slice(folder.length).split("/");
    if (below.length === 0) entries.set(`object ${name}`, { ...object, name });
    else entries.set(`folder ${name}`, { ...FOLDER, name });
  }
  return [...entries.values()];
}

/** Fields of a folder, apart from its name. */
const FOLDER = {
  id: null,
  updated_at: null,
  created_at: null,
  last_accessed_at: null,
  metadata: null,
};

function compareBy(column: keyof Entry, order: "asc" | "desc") {
  const sign = order === "asc" ? 1 : -1;
  return (a: Entry, b: Entry): number => {
    const [x, y] = [String(a[column] ?? ""), String(b[column] ?? "")];
    return x === y ? 0 : x < y ? -sign : sign;
  };
}
