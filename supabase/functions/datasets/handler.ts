import { z } from "zod";
import type { DatasetFiles, DatasetStore } from "../_shared/datasets/ports.ts";
import { storeDataset } from "../_shared/datasets/store_dataset.ts";
import { sweepFiles } from "../_shared/datasets/sweep_files.ts";
import { UnreadableError } from "../_shared/datasets/unreadable.ts";
import {
  authenticateUser,
  type LookUpUser,
  type User,
} from "../_shared/platform/http/authenticate_user.ts";
import { createPipeline, type RequestContext } from "../_shared/platform/http/pipeline.ts";
import { methodNotAllowed, notFound, Problem } from "../_shared/platform/http/problem.ts";
import { json } from "../_shared/platform/http/serve_json.ts";
import { serveWorker, type WorkerDeps } from "../_shared/platform/http/serve_worker.ts";
import { readUpload } from "./read_upload.ts";

/** What datasets are taken in with. */
export interface DatasetsDeps extends WorkerDeps {
  readonly lookUpUser: LookUpUser;
  readonly store: DatasetStore;
  readonly files: DatasetFiles;
  /** Origins of the pages that may call. */
  readonly origins: readonly string[];
}

/** More than a request can live: no upload that goes on is older. */
const ORPHAN_SECONDS = 3_600;

const sweepSchema = z.strictObject({
  older_than_seconds: z.int().nonnegative().default(ORPHAN_SECONDS),
});

/**
 * Takes datasets in and shows them, signed in.
 *
 * - `POST /datasets`: a file up to 50 MB, as {@link readUpload} takes it → 201 with the dataset, as
 *   the next version of its name; 200 with the one there is where it holds the same bytes, read as
 *   the same format with the same delimiter. It may be sent again, and twice at once.
 * - `GET /datasets/<id>`: the dataset and `rows`, its first 100, or fewer where they are long.
 * - `POST /datasets/sweep`, with a secret key: removes files that no dataset points at → 202.
 *
 * How each format is read stands at `CsvReader`, `JsonArrayReader`, `JsonLinesReader` and
 * `TextDecoding`.
 *
 * - 400 `datasets.unreadable` with `reason`, `line`, `column` and, where there is one, `field` or
 *   `byte`; `request.malformed`. Nothing of the file is kept.
 * - 404 `resource.not_found`: no such dataset, or another's.
 * - 413, 415, 422 `request.invalid`; 503 when the database or Storage is away.
 */
export function createHandler(deps: DatasetsDeps): (request: Request) => Promise<Response> {
  const sweep = serveWorker({
    secretKeys: deps.secretKeys,
    waitUntil: deps.waitUntil,
    log: deps.log,
    schema: sweepSchema,
    work: ({ older_than_seconds }, log) => sweepFiles({ ...deps, log }, older_than_seconds),
  });
  const serve = createPipeline({
    methods: ["GET", "POST"],
    origins: deps.origins,
    authenticate: authenticateUser(deps.lookUpUser),
    log: deps.log,
    handle: async (context) => {
      const { request, caller, note } = context;
      note({ user_id: caller.id });
      const [id, ...rest] = pathOf(request);
      if (rest.length > 0) throw notFound("The address");
      if (request.method === "POST") {
        if (id !== undefined) throw methodNotAllowed(["GET"]);
        return await store(deps, context);
      }
      if (id === undefined) throw methodNotAllowed(["POST"]);
      if (!z.uuid().safeParse(id).success) throw notFound("The dataset");
      const dataset = await deps.store.read(caller.id, id);
      if (dataset === null) throw notFound("The dataset");
      return new Response(dataset, { headers: { "content-type": "application/json" } });
    },
  });
  return async (request) => {
    const [action, ...rest] = pathOf(request);
    return await (action === "sweep" && rest.length === 0 ? sweep : serve)(request);
  };
}

function pathOf(request: Request): string[] {
  return new URL(request.url).pathname.split("/datasets")[1]
    ?.split("/").filter((part) => part !== "") ?? [];
}

async function store(
  deps: DatasetsDeps,
  { request, caller, note, log }: RequestContext<User>,
): Promise<Response> {
  const upload = await readUpload(request);
  note({ format: upload.format });
  try {
    const { dataset, isNew } = await storeDataset(
      { ...deps, log },
      { ...upload, ownerId: caller.id },
    );
    note({ dataset_id: dataset.id, rows: dataset.row_count, bytes: dataset.file_bytes });
    return json(dataset, isNew ? 201 : 200);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    const { reason, message, place } = error;
    throw new Problem("datasets.unreadable", message, {
      errors: [{ path: place.field ?? "", code: reason, message }],
      members: { reason, ...place },
    });
  }
}
