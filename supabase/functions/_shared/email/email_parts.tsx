import { raw } from "hono/html";
import type { Child, CSSProperties } from "hono/jsx";

/** Properties of a part with content. */
interface PartProps {
  readonly style: CSSProperties;
  readonly children?: Child;
}

/** XHTML, which mail programs draw most alike. */
const DOCTYPE =
  '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">';

/** Characters that a list of e-mails shows of a preview. */
const PREVIEW_LENGTH = 200;

/** One invisible character of each kind that mail programs do not collapse. */
const FILLER = "\u00a0\u200c\u200b\u200d\u200e\u200f\ufeff";

/** Space inside the button in Outlook, which ignores padding. 467 % of a hair space is 14 px high. */
const OUTLOOK = {
  left:
    '<!--[if mso]><i style="mso-font-width:467%;mso-text-raise:21" hidden>&#8202;&#8202;&#8202;</i><![endif]-->',
  right:
    '<!--[if mso]><i style="mso-font-width:467%" hidden>&#8202;&#8202;&#8202;&#8203;</i><![endif]-->',
} as const;

/** Table that only lays out. Mail programs place tables alike, and no other element. */
const layout = {
  align: "center",
  width: "100%",
  border: 0,
  cellpadding: 0,
  cellspacing: 0,
  role: "presentation",
} as const;

/** Returns the HTML of a whole e-mail. */
export async function renderPage(page: ReturnType<typeof Page>): Promise<string> {
  return `${DOCTYPE}${await page}`;
}

/** A dark e-mail. Lists of e-mails show its `preview`; the e-mail itself does not. */
export function Page(
  { title, preview, style, width, children }: PartProps & {
    readonly title: string;
    readonly preview: string;
    readonly width: CSSProperties;
  },
) {
  const { backgroundColor } = style;
  return (
    <html dir="ltr" lang="en">
      <head>
        <meta content="text/html; charset=UTF-8" http-equiv="Content-Type" />
        <meta name="x-apple-disable-message-reformatting" />
        <title>{title}</title>
        <meta name="color-scheme" content="dark" />
        <meta name="supported-color-schemes" content="dark" />
      </head>
      <body style={{ backgroundColor, margin: "0", padding: "0" }}>
        <Preview text={preview} />
        <table {...layout}>
          <tbody>
            <tr>
              {/* Some programs drop the styles of a body. */}
              <td style={style}>
                <table {...layout} style={width}>
                  <tbody>
                    <tr style={{ width: "100%" }}>
                      <td>{children}</td>
                    </tr>
                  </tbody>
                </table>
              </td>
            </tr>
          </tbody>
        </table>
      </body>
    </html>
  );
}

function Preview({ text }: { readonly text: string }) {
  const style = {
    display: "none",
    overflow: "hidden",
    lineHeight: "1px",
    opacity: 0,
    maxHeight: 0,
    maxWidth: 0,
  };
  // Without it, lists show the beginning of the e-mail after a short preview.
  const filler = FILLER.repeat(Math.max(0, PREVIEW_LENGTH - text.length));
  return (
    <div style={style} data-skip-in-text="true">
      {text}
      <div>{filler}</div>
    </div>
  );
}

/** A box across the e-mail. */
export function Panel({ style, children }: PartProps) {
  return (
    <table {...layout} style={style}>
      <tbody>
        <tr>
          <td>{children}</td>
        </tr>
      </tbody>
    </table>
  );
}

/** The heading of the e-mail. */
export function Heading({ style, children }: PartProps) {
  return <h1 style={style}>{children}</h1>;
}

/** A paragraph. */
export function Text({ style, children }: PartProps) {
  return (
    <p style={{ fontSize: "14px", lineHeight: "24px", margin: "16px 0", ...style }}>{children}</p>
  );
}

/** A horizontal line. */
export function Rule({ color }: { readonly color: string }) {
  return <hr style={{ width: "100%", border: "none", borderTop: `1px solid ${color}` }} />;
}

/** A link that looks like a button. */
export function Button({ href, style, children }: PartProps & { readonly href: string }) {
  const outer = {
    lineHeight: "100%",
    textDecoration: "none",
    display: "inline-block",
    maxWidth: "100%",
    msoPaddingAlt: "0px",
    ...style,
  };
  const inner = {
    maxWidth: "100%",
    display: "inline-block",
    lineHeight: "120%",
    msoPaddingAlt: "0px",
    msoTextRaise: "10.5px",
  };
  return (
    <a href={href} style={outer} target="_blank">
      <span>{raw(OUTLOOK.left)}</span>
      <span style={inner}>{children}</span>
      <span>{raw(OUTLOOK.right)}</span>
    </a>
  );
}
