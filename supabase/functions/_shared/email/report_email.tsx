import { Body } from "@react-email/body";
import { Button } from "@react-email/button";
import { Container } from "@react-email/container";
import { Head } from "@react-email/head";
import { Heading } from "@react-email/heading";
import { Hr } from "@react-email/hr";
import { Html } from "@react-email/html";
import { Preview } from "@react-email/preview";
import { render } from "@react-email/render";
import { Section } from "@react-email/section";
import { Text } from "@react-email/text";
import { count, formatPercent, formatTime, formatUsd } from "../report/format_figures.ts";
import type { EmailMessage } from "./mailer.ts";
import type { Recommendation, RecommendedFigures, ReportNotice } from "./report_notice.ts";

/** Content of the e-mail that tells a customer that a report is ready. */
export interface ReportEmailProps
  extends Omit<ReportNotice, "reportId" | "status" | "recipient" | "shareToken"> {
  /** Address that the button opens. */
  readonly reportUrl: string;
}

/** The parts of an e-mail. */
export type RenderedEmail = Omit<EmailMessage, "to">;

const HEADING = "Your Benchmark Report is Ready";

const color = {
  background: "#1a1a2e",
  panel: "#24243e",
  text: "#f1f1f6",
  quiet: "#a9a9c2",
  rule: "#3a3a5a",
  ember: "#ff6b35",
} as const;

const font = "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";

const style = {
  body: { backgroundColor: color.background, fontFamily: font, margin: 0, padding: "32px 0" },
  container: { maxWidth: "560px", padding: "0 24px" },
  brand: { color: color.ember, fontSize: "14px", fontWeight: 700, letterSpacing: "1px" },
  heading: { color: color.text, fontSize: "26px", lineHeight: "34px", margin: "8px 0 16px" },
  text: { color: color.text, fontSize: "16px", lineHeight: "26px" },
  panel: { backgroundColor: color.panel, borderRadius: "10px", padding: "8px 20px" },
  label: { color: color.quiet, fontSize: "12px", margin: "12px 0 0", textTransform: "uppercase" },
  model: {
    color: color.text,
    fontSize: "20px",
    fontWeight: 700,
    margin: "4px 0 8px",
    // A model's name may be one word that is wider than a phone.
    wordBreak: "break-word",
  },
  reason: {
    color: color.text,
    fontSize: "14px",
    lineHeight: "22px",
    margin: "0 0 12px",
    wordBreak: "break-word",
  },
  figure: { color: color.text, fontSize: "14px", lineHeight: "22px", margin: "0 0 2px" },
  figureName: { color: color.quiet },
  action: { padding: "28px 0", textAlign: "center" },
  // Dark text: white on this orange has too little contrast.
  button: {
    backgroundColor: color.ember,
    borderRadius: "8px",
    color: color.background,
    fontSize: "16px",
    fontWeight: 700,
    padding: "14px 28px",
  },
  rule: { borderColor: color.rule },
  footer: { color: color.quiet, fontSize: "12px", lineHeight: "18px" },
} as const;

/** Renders the e-mail that tells a customer that a report is ready. */
function ReportEmail(props: ReportEmailProps) {
  const { unmeasuredCount, fittedImages, recommendation } = props;
  const models = count(props.modelCount, "vision model");
  const images = count(props.imageCount, "sample image");
  return (
    <Html lang="en">
      <Head>
        <title>{HEADING}</title>
        <meta name="color-scheme" content="dark" />
        <meta name="supported-color-schemes" content="dark" />
      </Head>
      <Preview>{previewOf(recommendation)}</Preview>
      <Body style={style.body}>
        <Container style={style.container}>
          <Text style={style.brand}>ModelPick</Text>
          <Heading style={style.heading}>{HEADING}</Heading>
          <Text style={style.text}>
            {`We've finished benchmarking ${models} against your ${images}.${
              unmeasuredCount === 0
                ? ""
                : ` ${unmeasuredCount} of them could not be measured: the report says why.`
            }${fittedImages === null ? "" : ` ${fittedImages}`}`}
          </Text>
          <Section style={style.panel}>
            {recommendation === null
              ? <Absence reason={props.noRecommendation} />
              : <Choice {...recommendation} />}
          </Section>
          <Section style={style.action}>
            <Button href={props.reportUrl} style={style.button}>View your report</Button>
          </Section>
          <Hr style={style.rule} />
          <Text style={style.footer}>
            You received this e-mail because you ordered this benchmark from ModelPick with this
            address. Anyone who has the link can read the report.
          </Text>
        </Container>
      </Body>
    </Html>
  );
}

function Choice({ modelName, rationale, figures, doubt, runnerUp }: Recommendation) {
  return (
    <>
      <Text style={style.label}>Top recommendation</Text>
      <Text style={style.model}>{modelName}</Text>
      <Text style={style.reason}>{rationale ?? "It did best by the priorities you set."}</Text>
      {figures === null
        ? null
        : listFigures(figures).map(([name, value]) => (
          <Text key={name} style={style.figure}>
            <span style={style.figureName}>{`${name}:`}</span> {value}
          </Text>
        ))}
      <Remark title="Before you rely on it" text={doubt} />
      <Remark title="Beside the others" text={doubt === null ? runnerUp : null} />
    </>
  );
}

function Absence({ reason }: { readonly reason: string | null }) {
  return (
    <>
      <Text style={style.label}>Result</Text>
      <Text style={style.model}>No model can be recommended</Text>
      <Text style={style.reason}>
        {`${reason ?? "No model is good enough."} The report shows how each model did.`}
      </Text>
    </>
  );
}

function Remark({ title, text }: { readonly title: string; readonly text: string | null }) {
  return text === null ? null : (
    <>
      <Text style={style.label}>{title}</Text>
      <Text style={style.reason}>{text}</Text>
    </>
  );
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

/** Renders the HTML part and the plain text part. */
export async function renderReportEmail(props: ReportEmailProps): Promise<RenderedEmail> {
  const email = <ReportEmail {...props} />;
  const [html, text] = await Promise.all([
    render(email),
    render(email, {
      plainText: true,
      htmlToTextOptions: { selectors: [{ selector: "h1", options: { uppercase: false } }] },
    }),
  ]);
  return { subject: HEADING, html, text };
}

function previewOf(recommendation: Recommendation | null): string {
  return recommendation === null
    ? "Your benchmark is done. No model can be recommended: see why, and how every model did."
    : `Our recommendation: ${recommendation.modelName}. See how every model did.`;
}
