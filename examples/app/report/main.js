import { createApi, NotFound, readAccess, readRevision } from "./api.js";
import { accuracyChart } from "./accuracy_chart.js";
import { compareView } from "./compare_section.js";
import { contents } from "./contents.js";
import { announce, el, section } from "../shared/dom.js";
import { downloads } from "./downloads.js";
import { errorsTable } from "./errors_section.js";
import { imagesView } from "./images_section.js";
import { latencyChart } from "./latency_chart.js";
import { modelsTable } from "./models_table.js";
import { moreFigures } from "./more_figures.js";
import { orderView } from "./order_section.js";
import { ownerView } from "./owner_section.js";
import { followProgress, hasEnded } from "./progress.js";
import { progressView } from "./progress_view.js";
import { recommendation } from "./recommendation.js";

const content = /** @type {HTMLElement} */ (document.getElementById("content"));

/** @param {import("./api.js").Api} api */
async function run(api) {
  let data = await api.report();
  if (!hasEnded(data.report.status)) {
    const view = progressView();
    content.replaceChildren(view.element, ...ownerSection(data, api));
    await followProgress(api, view.update);
    data = await api.report();
    announce("The benchmark has ended: here is the report.");
  }
  show(data, api);
}

/**
 * @param {import("./report_data.ts").ReportData} data
 * @param {import("./api.js").Api} api
 */
function show(data, api) {
  const { report } = data;
  const head = recommendation(data);
  document.title = `${head.querySelector("h1")?.textContent ?? "Report"} · ModelPick`;
  document.getElementById("downloads")?.replaceChildren(downloads(api));
  const { summary } = report;
  if (summary === null) {
    content.replaceChildren(head, ...ownerSection(data, api));
    return;
  }
  const { models } = summary;
  const shown = { ...data, report: { ...report, summary } };
  const table = section(
    "all-models",
    "All models",
    "Accuracy is the share of fields read right among all that were expected or given, averaged " +
      "over the runs. Bars show its 95 % interval for images like these. The range below p95 is only " +
      "approximate and no 95 % interval: with so few images, resampling makes it too narrow.",
    modelsTable(shown),
    moreFigures(shown),
  );
  const last = [
    section("order", "What was measured, and how", null, orderView(shown)),
    ...ownerSection(data, api),
  ];
  const isMeasured = models.some(({ runsCompleted }) => runsCompleted > 0);
  const parts = [table, ...isMeasured ? measured(shown, api) : [], ...last];
  content.replaceChildren(head, contents(parts), ...parts);
}

/**
 * Returns the sections that need answers.
 *
 * @param {import("./report_data.ts").ShownReport} data
 * @param {import("./api.js").Api} api
 */
function measured(data, api) {
  const { report, runs } = data;
  const { models } = report.summary;
  const chosen = report.recommended_model;
  const isFree = models.every(({ costPerRun }) => !costPerRun);
  return [
    section(
      "trade-offs",
      "What accuracy costs",
      isFree ? "Every call was free. Accuracy is therefore compared with time alone." : null,
      el(
        "div.charts",
        isFree ? null : accuracyChart(models, "costPerRun", chosen),
        accuracyChart(models, "medianLatency", chosen),
      ),
      latencyChart(models, runs, chosen),
    ),
    section(
      "errors",
      "Where models err",
      "Share of a model's completed runs in which each field is wrong, missing or not asked for. " +
        "Fields that are right but in another format than expected come last.",
      errorsTable(data),
    ),
    section(
      "images",
      "Image by image",
      "The hardest image first. A cell is the percentage read right, a mean over the runs: open it " +
        "to see what was read.",
      imagesView(data, api),
    ),
  ];
}

/**
 * @param {import("./report_data.ts").ReportData} data
 * @param {import("./api.js").Api} api
 */
function ownerSection(data, api) {
  const view = ownerView(data, api);
  const comparison = compareView(data, api);
  return [
    ...comparison === null
      ? []
      : [section("compare", "Compared with another report", null, comparison)],
    ...view === null ? [] : [section("owner", "Your report", null, view)],
  ];
}

/**
 * @param {string} title
 * @param {string} text
 */
function showMessage(title, text) {
  document.title = `${title} · ModelPick`;
  content.replaceChildren(
    el("section.message", el("h1", title), el("p", text)),
  );
  announce(title);
}

try {
  const access = readAccess(location);
  if (access === null) throw new NotFound();
  const response = await fetch("/config.json");
  if (!response.ok) {
    throw new Error("config.json is missing: deploy it next to the pages (deno task app:build)");
  }
  await run(createApi(await response.json(), access, readRevision(location)));
} catch (error) {
  if (error instanceof NotFound) {
    showMessage(
      "Report not found",
      "This link opens no report. It may be mistyped, or have been replaced or expired. Ask the " +
        "sender for a new one.",
    );
  } else {
    console.error(error);
    showMessage("The report could not be loaded", "Check the connection and load the page again.");
  }
}
