import { z } from "zod";
import type { DatasetFiles } from "../_shared/datasets/dataset_files.ts";
import type { DatasetStore } from "../_shared/datasets/store.ts";
import { storeDataset } from "../_shared/datasets/store_dataset.ts";
import { UnreadableError } from "../_shared/datasets/unreadable.ts";
import type { LargeBodies } from "../_shared/platform/http/large_bodies.ts";
import { notFound, Problem } from "../_shared/platform/http/problem.ts";
import { json } from "../_shared/platform/http/serve_json.ts";
import {
  serveUsers,
  type UserContext,
  type UserDeps,
} from "../_shared/platform/http/serve_users.ts";
import { withSweep } from "../_shared/platform/http/serve_sweep.ts";
import type { WorkerDeps } from "../_shared/platform/http/serve_worker.ts";
import { readUpload } from "./read_upload.ts";

/** Dependencies of the function. */
export interface DatasetsDeps extends WorkerDeps, UserDeps {
  readonly store: DatasetStore;
  readonly files: DatasetFiles;
  readonly largeBodies: LargeBodies;
  /** Size of a file, in bytes. */
  readonly maxFileBytes: number;
}

/** Longer than any request lives: a file that is older belongs to no running upload. */
const ORPHAN_SECONDS = 3_600;

/**
 * Stores and shows the datasets of an account. Keys need the scope `run` to store, and `read` to read.
 *
 * - `POST /datasets`: a file of up to 50 MB (`MAX_DATASET_BYTES`), see {@link readUpload} → 201 with the dataset, as the next
 *   version of its name; 200 with the existing version if it has the same bytes, format and delimiter.
 *   The request may be repeated, even in parallel.
 * - `GET /datasets/<id>`: the dataset and `rows`, its first 100, or fewer if they are long.
 * - `POST /datasets/sweep`, by Postgres or the operator: removes files that belong to no dataset → 202.
 *
 * The formats are described at `CsvReader`, `JsonArrayReader`, `JsonLinesReader` and `TextDecoding`.
 *
 * - 400 `request.malformed`; `datasets.unreadable` with `reason`, `line`, `column` and, if there is
 *   one, `field` or `byte`. Nothing of the file is stored.
 * - 404 `resource.not_found`: the dataset does not exist or is another account's.
 * - 408 `request.too_slow`, 413, 415, 422 `request.invalid`.
 * - 503 if the database or Storage is unavailable; `request.busy` if other uploads take long,
 *   `request.instance_spent` if the CPU time of the instance is used: repeat it.
 */
export function createHandler(deps: DatasetsDeps): (request: Request) => Promise<Response> {
  const serve = serveUsers("datasets", "run", deps, {
    "/": {
      POST: (context) =>
        deps.largeBodies.take(context.request, (request) => store(deps, { ...context, request })),
    },
    "/:id": { GET: (context, id = "") => show(deps, context, id) },
  });
  const orphans = {
    bucket: "datasets",
    list: deps.store.listOrphanFiles,
    remove: deps.files.remove,
  };
  return withSweep({ ...deps, name: "datasets", orphans, youngSeconds: ORPHAN_SECONDS }, serve);
}

async function show(
  { store }: DatasetsDeps,
  { caller }: UserContext,
  id: string,
): Promise<Response> {
  const dataset = z.uuid().safeParse(id).success ? await store.read(caller.accountId, id) : null;
  if (dataset === null) throw notFound("The dataset");
  return new Response(dataset, { headers: { "content-type": "application/json" } });
}

async function store(
  deps: DatasetsDeps,
  context: UserContext,
): Promise<Response> {
  const { note, log } = context;
  const upload = await readUpload(context, deps.maxFileBytes);
  note({ format: upload.format });
  try {
    const { dataset, isNew } = await storeDataset({ ...deps, log }, upload);
    note({ dataset_id: dataset.id, rows: dataset.row_count, bytes: dataset.file_bytes });
    return json(dataset, isNew ? 201 : 200);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    const { reason, message, location } = error;
    throw new Problem("datasets.unreadable", message, {
      errors: [{ path: location.field ?? "", code: reason, message }],
      members: { reason, ...location },
    });
  }
}
