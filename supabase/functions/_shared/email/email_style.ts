/** Name that e-mails begin with. */
export const BRAND = "ModelPick";

/** Colours of all e-mails. */
export const color = {
  background: "#1a1a2e",
  panel: "#24243e",
  text: "#f1f1f6",
  quiet: "#a9a9c2",
  rule: "#3a3a5a",
  ember: "#ff6b35",
} as const;

const font = "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";

/** Styles of the parts of all e-mails. */
export const style = {
  body: { backgroundColor: color.background, fontFamily: font, margin: "0", padding: "32px 0" },
  container: { maxWidth: "560px", padding: "0 24px" },
  brand: { color: color.ember, fontSize: "14px", fontWeight: 700, letterSpacing: "1px" },
  heading: { color: color.text, fontSize: "26px", lineHeight: "34px", margin: "8px 0 16px" },
  text: { color: color.text, fontSize: "16px", lineHeight: "26px" },
  panel: { backgroundColor: color.panel, borderRadius: "10px", padding: "8px 20px" },
  label: { color: color.quiet, fontSize: "12px", margin: "12px 0 0", textTransform: "uppercase" },
  name: {
    color: color.text,
    fontSize: "20px",
    fontWeight: 700,
    margin: "4px 0 8px",
    // A name may be one word that is wider than a phone.
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
  footer: { color: color.quiet, fontSize: "12px", lineHeight: "18px" },
} as const;
