import { createApi, NotFound, readRevision, readToken } from "./api.js";
import { accuracyChart } from "./accuracy_chart.js";
import { announce, el, section } from "../shared/dom.js";
import { downloads } from "./downloads.js";
import { errorsTable } from "./errors_section.js";
import { imagesView } from "./images_section.js";
import { latencyChart } from "./latency_chart.js";
import { modelsTable } from "./models_table.js";
import { moreFigures } from "./more_figures.js";
import { followProgress, hasEnded } from "./progress.js";
import { progressView } from "./progress_view.js";
import { recommendation } from "./recommendation.js";

const content = /** @type {HTMLElement} */ (document.getElementById("content"));

/** @param {import("./api.js").Api} api */
async function run(api) {
  let data = await api.report();
  if (!hasEnded(data.report.status)) {
    const view = progressView();
    content.replaceChildren(view.element);
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
  const { report, runs } = data;
  const head = recommendation(data);
  document.title = `${head.querySelector("h1")?.textContent ?? "Report"} · ModelPick`;
  document.getElementById("downloads")?.replaceChildren(downloads(api));
  const { summary } = report;
  if (summary === null) {
    content.replaceChildren(head);
    return;
  }
  const { models } = summary;
  const shown = { ...data, report: { ...report, summary } };
  const chosen = report.recommended_model;
  const isFree = models.every(({ costPerRun }) => !costPerRun);
  const table = section(
    "all-models",
    "All models",
    "Accuracy is the share of fields read right among all that were expected or given, averaged " +
      "over the runs. Bars show its 95 % interval for images like these. The range below p95 is only " +
      "approximate and no 95 % interval: with so few images, resampling makes it too narrow.",
    modelsTable(shown),
    moreFigures(shown),
  );
  if (models.every(({ runsCompleted }) => runsCompleted === 0)) {
    content.replaceChildren(head, table);
    return;
  }
  content.replaceChildren(
    head,
    table,
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
      errorsTable(shown),
    ),
    section("images", "Image by image", null, imagesView(shown, api)),
  );
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
  const token = readToken(location);
  if (token === null) throw new NotFound();
  const response = await fetch("/config.json");
  if (!response.ok) {
    throw new Error("config.json is missing: deploy it next to the pages (deno task app:build)");
  }
  await run(createApi(await response.json(), token, readRevision(location)));
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
