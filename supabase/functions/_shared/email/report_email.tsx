import { count, formatPercent, formatTime, formatUsd } from "../report/format_figures.ts";
import { Button, Heading, Page, Panel, renderPage, Rule, Text } from "./email_parts.tsx";
import { BRAND, color, style } from "./email_style.ts";
import type { RenderedEmail } from "./mailer.ts";
import type { Recommendation, RecommendedFigures, ReportNotice } from "./report_notice.ts";

/** Content of the e-mail that tells a customer that a report is ready. */
export interface ReportEmailProps
  extends Omit<ReportNotice, "reportId" | "status" | "recipient" | "shareToken"> {
  /** Address that the button opens. */
  readonly reportUrl: string;
}

const HEADING = "Your Benchmark Report is Ready";

/** One labelled paragraph of the box in the e-mail. */
interface Remark {
  readonly label: string;
  readonly text: string;
}

/** The texts of the e-mail, which both parts show in this order. */
interface Content {
  readonly summary: string;
  readonly resultLabel: string;
  readonly result: string;
  readonly reason: string;
  readonly figures: readonly (readonly [name: string, value: string])[];
  readonly remarks: readonly Remark[];
}

const BUTTON = "View your report";
const FOOTER =
  "You received this e-mail because you ordered this benchmark from ModelPick with this address. " +
  "Anyone who has the link can read the report.";

/** Renders the HTML part and the plain text part. */
export async function renderReportEmail(props: ReportEmailProps): Promise<RenderedEmail> {
  const content = describe(props);
  const html = await renderPage(
    <ReportEmail
      content={content}
      preview={previewOf(props.recommendation)}
      reportUrl={props.reportUrl}
    />,
  );
  return { subject: HEADING, html, text: writeText(content, props.reportUrl) };
}

function describe(props: ReportEmailProps): Content {
  const { unmeasuredCount, fittedImages, recommendation, noRecommendation } = props;
  const models = count(props.modelCount, "vision model");
  const images = count(props.imageCount, "sample image");
  const summary = [
    `We've finished benchmarking ${models} against your ${images}.`,
    ...unmeasuredCount === 0
      ? []
      : [`${unmeasuredCount} of them could not be measured: the report says why.`],
    ...fittedImages === null ? [] : [fittedImages],
  ].join(" ");
  if (recommendation === null) {
    const reason = noRecommendation ?? "No model is good enough.";
    return {
      summary,
      resultLabel: "Result",
      result: "No model can be recommended",
      reason: `${reason} The report shows how each model did.`,
      figures: [],
      remarks: [],
    };
  }
  const { modelName, rationale, figures, doubt, runnerUp } = recommendation;
  return {
    summary,
    resultLabel: "Top recommendation",
    result: modelName,
    reason: rationale ?? "It did best by the priorities you set.",
    figures: figures === null ? [] : listFigures(figures),
    remarks: [
      ...doubt === null ? [] : [{ label: "Before you rely on it", text: doubt }],
      ...doubt !== null || runnerUp === null
        ? []
        : [{ label: "Beside the others", text: runnerUp }],
    ],
  };
}

function ReportEmail({ content, preview, reportUrl }: {
  readonly content: Content;
  readonly preview: string;
  readonly reportUrl: string;
}) {
  return (
    <Page title={HEADING} preview={preview} style={style.body} width={style.container}>
      <Text style={style.brand}>{BRAND}</Text>
      <Heading style={style.heading}>{HEADING}</Heading>
      <Text style={style.text}>{content.summary}</Text>
      <Panel style={style.panel}>
        <Text style={style.label}>{content.resultLabel}</Text>
        <Text style={style.name}>{content.result}</Text>
        <Text style={style.reason}>{content.reason}</Text>
        {content.figures.map(([name, value]) => (
          <Text key={name} style={style.figure}>
            <span style={style.figureName}>{`${name}:`}</span> {value}
          </Text>
        ))}
        {content.remarks.map(({ label, text }) => (
          <>
            <Text style={style.label}>{label}</Text>
            <Text style={style.reason}>{text}</Text>
          </>
        ))}
      </Panel>
      <Panel style={style.action}>
        <Button href={reportUrl} style={style.button}>{BUTTON}</Button>
      </Panel>
      <Rule color={color.rule} />
      <Text style={style.footer}>{FOOTER}</Text>
    </Page>
  );
}

/** Writes the plain text part: the same texts as paragraphs. */
function writeText(content: Content, reportUrl: string): string {
  return [
    BRAND,
    HEADING,
    content.summary,
    content.resultLabel,
    content.result,
    content.reason,
    ...content.figures.map(([name, value]) => `${name}: ${value}`),
    ...content.remarks.flatMap(({ label, text }) => [label, text]),
    `${BUTTON}: ${reportUrl}`,
    "-".repeat(40),
    FOOTER,
  ].join("\n\n");
}

function listFigures(
  { accuracy, accuracyInterval, costPerRun, medianLatency }: RecommendedFigures,
): [name: string, value: string][] {
  const range = accuracyInterval === null
    ? ""
    : ` (95 % interval: ${accuracyInterval.low.toFixed(1)} to ${
      formatPercent(accuracyInterval.high)
    })`;
  return [
    ["Field accuracy", `${formatPercent(accuracy)}${range}`],
    ["Cost of a call", formatUsd(costPerRun)],
    ["Median time", formatTime(medianLatency)],
  ];
}

function previewOf(recommendation: Recommendation | null): string {
  return recommendation === null
    ? "Your benchmark is done. No model can be recommended: see why, and how every model did."
    : `Our recommendation: ${recommendation.modelName}. See how every model did.`;
}
