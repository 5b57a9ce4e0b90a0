import type { EmailContent } from "./email_content.ts";
import { Button, Heading, Page, Panel, renderPage, Rule, Text } from "./email_parts.tsx";
import { BRAND, color, style } from "./email_style.ts";
import type { RenderedEmail } from "./mailer.ts";

/** Renders the HTML part and the plain text part of an e-mail. */
export async function renderEmail(content: EmailContent): Promise<RenderedEmail> {
  return {
    subject: content.heading,
    html: await renderPage(<Email content={content} />),
    text: writeText(content),
  };
}

function Email({ content }: { readonly content: EmailContent }) {
  const { heading, preview, summary, label, result, reason, figures, remarks, button, footer } =
    content;
  return (
    <Page title={heading} preview={preview} style={style.body} width={style.container}>
      <Text style={style.brand}>{BRAND}</Text>
      <Heading style={style.heading}>{heading}</Heading>
      <Text style={style.text}>{summary}</Text>
      <Panel style={style.panel}>
        <Text style={style.label}>{label}</Text>
        <Text style={style.name}>{result}</Text>
        <Text style={style.reason}>{reason}</Text>
        {figures.map(([name, value]) => (
          <Text key={name} style={style.figure}>
            <span style={style.figureName}>{`${name}:`}</span> {value}
          </Text>
        ))}
        {remarks.map(({ label, text }) => (
          <>
            <Text style={style.label}>{label}</Text>
            <Text style={style.reason}>{text}</Text>
          </>
        ))}
      </Panel>
      {button === null ? <Text style={style.text}></Text> : (
        <Panel style={style.action}>
          <Button href={button.url} style={style.button}>{button.label}</Button>
        </Panel>
      )}
      <Rule color={color.rule} />
      <Text style={style.footer}>{footer}</Text>
    </Page>
  );
}

/** Writes the plain text part: the same texts as paragraphs. */
function writeText(content: EmailContent): string {
  const { heading, summary, label, result, reason, figures, remarks, button, footer } = content;
  return [
    BRAND,
    heading,
    summary,
    label,
    result,
    reason,
    ...figures.map(([name, value]) => `${name}: ${value}`),
    ...remarks.flatMap(({ label, text }) => [label, text]),
    ...button === null ? [] : [`${button.label}: ${button.url}`],
    "-".repeat(40),
    footer,
  ].join("\n\n");
}
