import type { ImageBucket } from "../_shared/benchmark/order/image_store.ts";
import {
  authenticateMember,
  describeMember,
  type MemberDeps,
} from "../_shared/platform/http/authenticate_member.ts";
import { createPipeline, type RequestContext } from "../_shared/platform/http/pipeline.ts";
import { notFound } from "../_shared/platform/http/problem.ts";
import { createRoutes } from "../_shared/platform/http/routes.ts";
import { json } from "../_shared/platform/http/serve_json.ts";
import type { Logger } from "../_shared/platform/logger.ts";
import { hasEnded } from "../_shared/report/report_view.ts";
import type { Rescoring } from "../_shared/report/rescoring.ts";
import type { ReportViews } from "../_shared/report/store.ts";
import { changeSharing } from "./change_sharing.ts";
import { compareTwoReports } from "./compare_two_reports.ts";
import { makeCacheable } from "./make_cacheable.ts";
import { type Caller, readOwned, readRequest } from "./read_request.ts";
import { needsRuns, renderReport } from "./render_report.ts";
import { rescoreReport } from "./rescore_report.ts";

/** Dependencies of the function. */
export interface ReportDeps extends MemberDeps {
  readonly reports: ReportViews;
  readonly rescoring: Rescoring;
  readonly images: Pick<ImageBucket, "signUrls">;
  readonly log: Logger;
}

/** Long enough to load a page's images, too short to serve as a link to share. */
const IMAGE_SECONDS = 300;

type Context = RequestContext<Caller>;

/**
 * Creates the handler of the function `report`. Visitors send the report's token in the header
 * `x-share-token`; who holds the owner's link, its token in `x-owner-token`; members sign in, or send a
 * key of the account, and name the report with `?report_id=`. A token in the URL is refused, because
 * URLs end up in logs.
 *
 * - `GET /report?format=` returns the report, by default as JSON; see `render_report.ts` for the
 *   formats. With `format=csv&table=runs` the CSV has one row per run. `revision=1` shows an earlier
 *   scoring of the answers instead of the newest complete one. The response of an ended report has
 *   an ETag and may be stored only by the caller's browser, which must revalidate it each time, so
 *   that a revoked link shows nothing. The response of a running report is not stored.
 * - `GET /report/progress` returns `{report_id, status, started_at, models: [{model_id, name, queued,
 *   running, complete, failed, skipped, accuracy, cost_per_run}], waiting_for: [{provider, since,
 *   next_try_at}]}`. It is small enough to poll. The figures are means so far.
 * - `GET /report/images` returns `{images: [{index, url}], expires_in_seconds}` to the owner, and to
 *   visitors if the owner shares the order.
 * - `GET /report/compare?before=&after=` compares two reports of an account on their common images,
 *   for members and by the owner's link of either; see `compare_reports.ts` for the result.
 * - `GET /report/related` returns `{reports: [{report_id, created_at, completed_at, recommended_model,
 *   images}]}`: the account's complete reports with images in common, for the same callers.
 * - `POST /report/again` makes a draft with the same images and today's models, for the same callers:
 *   `{draft_id, model_ids, replaced: [{model_id, by}]}`. Members name the report with `?report_id=`.
 * - `POST /report/sharing` takes `{change: "rotate" | "revoke"}` or `{change: "set", expires_at,
 *   shares_order}` by the owner's link and returns `{report_id, share_token, share_expires_at,
 *   shares_order}`.
 * - `POST /report/rescore` takes `{report_id, json_schema?}` from a member, by the owner's link without
 *   `report_id`, and returns
 *   `{report_id, revision, status, scorer_version, is_new}`. It scores the stored answers again
 *   without calling a model, with the current scorer and, if given, a schema with other `x-compare`
 *   rules. The status is 202 for a new revision, 200 if one with this scorer and these rules exists.
 *   The report shows the revision once it is complete.
 *
 * Every origin may call the function: it uses no cookies, and whoever holds the token may read.
 *
 * - 400 `request.malformed`: an unknown format or parameter.
 * - 401 `auth.required`, `auth.invalid`: neither a token nor a member or key of an account.
 * - 404 `resource.not_found`: a wrong, replaced, revoked or expired token, another account's report,
 *   images that are not shared, an unknown revision, or a report to rescore that has not ended.
 * - 409 `resource.conflict`: the report is being rescored by other rules.
 * - 422 `request.invalid`: invalid rules, each with its path, or a schema that differs in more than
 *   its rules.
 */
export function createHandler(deps: ReportDeps): (request: Request) => Promise<Response> {
  const authenticate = authenticateMember(deps, ({ method }) => method === "GET" ? "read" : "run");
  const route = createRoutes<Context>("report", {
    "/": { GET: (context) => showReport(deps, context) },
    "/progress": { GET: (context) => showProgress(deps, context) },
    "/images": { GET: (context) => showImages(deps, context) },
    "/compare": { GET: (context) => compare(deps, context) },
    "/related": { GET: (context) => listRelated(deps, context) },
    "/again": { POST: (context) => draftAgain(deps, context) },
    "/sharing": { POST: (context) => share(deps, context) },
    "/rescore": { POST: (context) => rescore(deps, context) },
  });
  return createPipeline<Caller>({
    methods: ["GET", "POST"],
    origins: ["*"],
    authenticate: async (request) => {
      const ownerToken = request.headers.get("x-owner-token");
      if (ownerToken !== null) {
        return { ownerToken, link: found(await deps.reports.openOwnerLink(ownerToken)) };
      }
      const token = request.headers.get("x-share-token");
      return token === null ? { member: await authenticate(request) } : { token };
    },
    log: deps.log,
    handle: async (context) => {
      if ("member" in context.caller) context.note(describeMember(context.caller.member));
      return await route(context);
    },
  });
}

async function showReport(
  { reports }: ReportDeps,
  { request, caller, note }: Context,
): Promise<Response> {
  const { query, viewer } = readRequest(request, caller);
  const view = found(
    await reports.view(viewer, { withRuns: needsRuns(query), revision: query.revision ?? null }),
  );
  note({ report_id: view.report.id, format: query.format });
  const response = await renderReport(view, query);
  return hasEnded(view.report) ? await makeCacheable(request, response) : response;
}

async function showProgress(
  { reports }: ReportDeps,
  { request, caller, note }: Context,
): Promise<Response> {
  const { viewer } = readRequest(request, caller);
  const progress = found(await reports.viewProgress(viewer));
  note({ report_id: progress.report_id });
  return json(progress);
}

async function showImages(
  { reports, images }: ReportDeps,
  { request, caller, note }: Context,
): Promise<Response> {
  const { viewer } = readRequest(request, caller);
  const { report_id, paths } = found(await reports.viewImages(viewer));
  note({ report_id });
  const urls = await images.signUrls(paths, IMAGE_SECONDS);
  return json({
    images: urls.map((url, index) => ({ index, url })),
    expires_in_seconds: IMAGE_SECONDS,
  });
}

async function compare(
  { reports }: ReportDeps,
  { request, caller, note }: Context,
): Promise<Response> {
  const comparison = await compareTwoReports(reports, request, caller);
  note({ report_id: comparison.after.report_id });
  return json(comparison);
}

async function listRelated(
  { reports }: ReportDeps,
  { request, caller, note }: Context,
): Promise<Response> {
  const owned = readOwned(request, caller);
  note({ report_id: owned.reportId });
  return json({ reports: await reports.listRelated(owned) });
}

async function draftAgain(
  { reports }: ReportDeps,
  { request, caller, note }: Context,
): Promise<Response> {
  const owned = readOwned(request, caller);
  note({ report_id: owned.reportId });
  return json(found(await reports.draftAgain(owned)), 201);
}

async function share(
  { reports }: ReportDeps,
  { request, caller, note }: Context,
): Promise<Response> {
  const sharing = await changeSharing(reports, request, caller);
  note({ report_id: sharing.report_id });
  return json(sharing);
}

async function rescore(deps: ReportDeps, context: Context): Promise<Response> {
  const revision = await rescoreReport(deps, context);
  context.note({ report_id: revision.report_id, revision: revision.revision });
  return json(revision, revision.is_new ? 202 : 200);
}

function found<T>(value: T | null): T {
  if (value === null) throw notFound("The report");
  return value;
}
