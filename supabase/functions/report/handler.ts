import { authenticateUser, type LookUpUser } from "../_shared/platform/http/authenticate_user.ts";
import { createPipeline } from "../_shared/platform/http/pipeline.ts";
import { methodNotAllowed, notFound } from "../_shared/platform/http/problem.ts";
import { json } from "../_shared/platform/http/serve_json.ts";
import type { Logger } from "../_shared/platform/logger.ts";
import { hasEnded, type ReportViewer, type ReportViews } from "../_shared/report/report_view.ts";
import { entityTag, matchesTag } from "./entity_tag.ts";
import { type Caller, parseQuery, partOf, viewerOf } from "./read_request.ts";
import { renderReport, showsRuns } from "./render_report.ts";
import { rescoreReport, type Rescoring } from "./rescore_report.ts";

/** What the report is read with. */
export interface ReportDeps {
  readonly lookUpUser: LookUpUser;
  readonly reports: ReportViews;
  readonly rescoring: Rescoring;
  readonly images: {
    /** URLs that anybody can open for some seconds, in the order of the paths; null: not there. */
    signUrls(paths: readonly string[], seconds: number): Promise<readonly (string | null)[]>;
  };
  readonly log: Logger;
}

/** Long enough to load a page's images, too short to be a link of its own. */
const IMAGE_SECONDS = 300;

/**
 * `GET /report`, with a report's token in the header `x-share-token`; or, signed in, its owner with
 * `?report_id=`. A token in the URL is refused, for URLs end up in logs.
 *
 * - `/report?format=json|csv|md|svg`, JSON by default; `format=csv&table=runs` has a row a run, and
 *   `revision=1` shows an earlier scoring of the answers instead of the newest complete one. Once the
 *   report has ended it carries an ETag, is kept by the asking browser alone and asked for again
 *   each time, so that a link that was taken back shows nothing; until then nothing is kept.
 * - `/report/progress`: `{report_id, status, models: [{model_id, name, queued, running, complete,
 *   failed, skipped}], waiting_for: [{provider, since, next_try_at}]}`, small, to be asked for again and again.
 * - `/report/images`: `{images: [{index, url}], expires_in_seconds}`, for the owner, and for visitors
 *   with whom the owner shares the order.
 *
 * `POST /report/rescore`, signed in, `{report_id, json_schema?}` → `{report_id, revision, status,
 * scorer_version, is_new}`: the owner has the stored answers scored again, without a call, by the
 * scorer of today and, where given, the schema with other `x-compare` rules. 202 for a new revision;
 * 200 where there is one by this scorer and these rules. The report shows it once it is complete.
 *
 * Every page may call: nothing here goes by cookies, and whoever has the token may read.
 *
 * - 400 `request.malformed`: an unknown format or parameter.
 * - 401 `auth.required`, `auth.invalid`: neither a token nor a signed-in person.
 * - 404 `resource.not_found`: a wrong, replaced, revoked or expired token, another's report, images
 *   that are not shared, a revision that there is not, a report to be rescored that has not ended.
 * - 409 `resource.conflict`: the report is being rescored by other rules.
 * - 422 `request.invalid`: rules that cannot be followed, each by its path, or a schema that differs in
 *   more than its rules.
 */
export function createHandler(deps: ReportDeps): (request: Request) => Promise<Response> {
  const authenticate = authenticateUser(deps.lookUpUser);
  return createPipeline<Caller>({
    methods: ["GET", "POST"],
    origins: ["*"],
    authenticate: async (request) => {
      const token = request.headers.get("x-share-token");
      return token === null ? { user: await authenticate(request) } : { token };
    },
    log: deps.log,
    handle: async ({ request, caller, note }) => {
      const url = new URL(request.url);
      const part = partOf(url.pathname);
      const method = part === "rescore" ? "POST" : "GET";
      if (request.method !== method) throw methodNotAllowed([method]);
      if (part === "rescore") {
        const revision = await rescoreReport(deps.rescoring, request, caller);
        note({ report_id: revision.report_id, revision: revision.revision });
        return json(revision, revision.is_new ? 202 : 200);
      }
      const query = parseQuery(url.searchParams);
      const viewer = viewerOf(caller, query);
      switch (part) {
        case "report": {
          const view = found(
            await deps.reports.view(viewer, {
              withRuns: showsRuns(query),
              revision: query.revision ?? null,
            }),
          );
          note({ report_id: view.report.id, format: query.format });
          const response = renderReport(view, query);
          return hasEnded(view.report) ? await makeCacheable(request, response) : response;
        }
        case "progress": {
          const progress = found(await deps.reports.viewProgress(viewer));
          note({ report_id: progress.report_id });
          return json(progress);
        }
        case "images": {
          const { report_id, images } = await signImages(deps, viewer);
          note({ report_id });
          return json({ images, expires_in_seconds: IMAGE_SECONDS });
        }
      }
    },
  });
}

function found<T>(value: T | null): T {
  if (value === null) throw notFound("The report");
  return value;
}

async function signImages({ reports, images }: ReportDeps, viewer: ReportViewer) {
  const { report_id, paths } = found(await reports.viewImages(viewer));
  const urls = await images.signUrls(paths, IMAGE_SECONDS);
  return { report_id, images: urls.map((url, index) => ({ index, url })) };
}

async function makeCacheable(request: Request, response: Response): Promise<Response> {
  const body = new Uint8Array(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  const tag = await entityTag(body);
  headers.set("etag", tag);
  headers.set("cache-control", "private, max-age=0, must-revalidate");
  headers.set("vary", "x-share-token, Authorization");
  if (!matchesTag(request.headers.get("if-none-match"), tag)) {
    return new Response(body, { headers });
  }
  headers.delete("content-type");
  headers.delete("content-disposition");
  return new Response(null, { status: 304, headers });
}
